# Runs one Pester file and writes `<passed> <failed> <skipped>`, and a line for each failure, to a report: build.ps1 calls this in a
# fresh pwsh for each file.
param([Parameter(Mandatory)] [string] $Path, [Parameter(Mandatory)] [string] $Report, [string] $Pester)

if ($Pester) { Import-Module $Pester } else { Import-Module Pester -MinimumVersion 5.4 -MaximumVersion 5.99 }
$transcript = New-TemporaryFile
$streams = New-TemporaryFile
[void](Start-Transcript $transcript)
# What every command has to say, also where nobody asks for it, goes to a file and is searched below.
$global:VerbosePreference = $global:DebugPreference = $global:InformationPreference = 'Continue'
$run = Invoke-Pester -Configuration @{ Run = @{ Path = $Path; PassThru = $true }; Output = @{ Verbosity = 'Normal' } } 4>> $streams 5>> $streams
$global:VerbosePreference = $global:DebugPreference = $global:InformationPreference = 'SilentlyContinue'
[void](Stop-Transcript)
$failed = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
$failures = @(
    foreach ($part in @($run.Failed) + @($run.FailedBlocks) + @($run.FailedContainers)) {
        $name = if ($part.ExpandedPath) { $part.ExpandedPath } else { $part.Name }
        $why = "$($part.ErrorRecord)" -replace '\s+', ' '
        "${name}: $($why.Substring(0, [Math]::Min(500, $why.Length)))"
    }
)
$skipped = $run.SkippedCount + $run.InconclusiveCount + $run.NotRunCount

# Every password and key that the tests use: none may be in what was shown or told, nor in an error that was kept.
$secrets = Get-Content $PSScriptRoot/secrets.txt
$kept = foreach ($record in $Error) { $record.Exception, $record.ErrorDetails, $record.TargetObject, $record.FullyQualifiedErrorId, "$($record.Exception.Data.Values)" | Out-String -Width 5000 }
$told = Get-Content $streams
$leaks = @(Get-Content $transcript; $told; $kept) | Select-String -SimpleMatch -Pattern $secrets
if ($leaks -and -not $failed) {
    $failed = 1
    $failures += "shows a secret, first here: $($leaks[0].Line)"
    Write-Host "$Path $($failures[-1])"
}

$shown = (Get-Content $transcript).Count
if (-not $leaks) { Write-Host "$shown lines of output, $($told.Count) of verbose and debug messages, and $($Error.Count) errors hold no secret" }
# For tools/reliability.ps1, which adds them up.
if ($env:JOBADMIN_FIGURES) { "secrets: $shown $($told.Count) $($Error.Count) $(@($leaks).Count)" >> $env:JOBADMIN_FIGURES }
Remove-Item $transcript, $streams
@("$($run.PassedCount) $failed $skipped"; $failures) | Set-Content $Report
