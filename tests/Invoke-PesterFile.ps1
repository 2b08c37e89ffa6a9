# Runs one Pester file and writes `<passed> <failed> <skipped>` to a report: build.ps1 calls this in a fresh pwsh for each file.
param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Report, [string] $Pester)

if ($Pester) { Import-Module $Pester } else { Import-Module Pester -MinimumVersion 5.4 -MaximumVersion 5.99 }
$run = Invoke-Pester -Configuration @{ Run = @{ Path = $Path; PassThru = $true }; Output = @{ Verbosity = 'Normal' } }
$failed = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
$skipped = $run.SkippedCount + $run.InconclusiveCount + $run.NotRunCount
"$($run.PassedCount) $failed $skipped" | Set-Content $Report
