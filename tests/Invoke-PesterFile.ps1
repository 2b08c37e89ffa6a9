# Runs one Pester file and writes `<passed> <failed> <skipped>` to a report: build.ps1 calls this in a fresh pwsh for each file.
param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Report, [string] $Pester)

if ($Pester) { Import-Module $Pester } else { Import-Module Pester -MinimumVersion 5.4 -MaximumVersion 5.99 }
$transcript = New-TemporaryFile
[void](Start-Transcript $transcript)
$run = Invoke-Pester -Configuration @{ Run = @{ Path = $Path; PassThru = $true }; Output = @{ Verbosity = 'Normal' } }
[void](Stop-Transcript)
$failed = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
$skipped = $run.SkippedCount + $run.InconclusiveCount + $run.NotRunCount

# Every password and key that the tests use: none may be in what was shown, nor in an error that was kept.
$secrets = Get-Content $PSScriptRoot/secrets.txt
$kept = foreach ($record in $Error) { $record.Exception, $record.ErrorDetails, $record.TargetObject, $record.FullyQualifiedErrorId, "$($record.Exception.Data.Values)" | Out-String -Width 5000 }
$leaks = @(Get-Content $transcript; $kept) | Select-String -SimpleMatch -Pattern $secrets
if ($leaks -and -not $failed) {
    $failed = 1
    Write-Host "$Path shows a secret, first here: $($leaks[0].Line)"
}

Remove-Item $transcript
"$($run.PassedCount) $failed $skipped" | Set-Content $Report
