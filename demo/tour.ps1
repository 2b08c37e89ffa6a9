# What the demo shows: each line is printed as if typed at a prompt and then run, so that it can be tried again.
param(
    [Parameter(Mandatory)] [string] $Manifest,
    [Parameter(Mandatory)] [string] $Url
)

if ([Console]::IsOutputRedirected) { $PSStyle.OutputRendering = 'PlainText' }
Import-Module $Manifest

$steps = @(
    'One address is all it takes.'
    "Connect-JobServer $Url -Name demo"

    'The queues that the application uses.'
    'Get-JobQueue'

    'Why did jobs fail? Ids, numbers and paths are masked, so that like goes to like.'
    'Get-JobFailure'

    'Jobs are objects: the newest failures of one queue.'
    'Get-Job -Queue paper-generation -State failed -First 3'

    'The object store is up again: what would a retry do?'
    "Get-Job -State failed -Reason 'connect ETIMEDOUT*' -First 3 | Invoke-JobRetry -WhatIf"

    'Retry that kind, in every queue.'
    @'
$since = Get-Date; Get-Job -State failed -Reason 'connect ETIMEDOUT*' | Invoke-JobRetry -PassThru | Group-Object Queue, Status -NoElement
'@

    'The workers take them as they do any other job. Here is what happened since, and what happens now.'
    'Watch-JobEvent -Queue file-process -Event active, completed, failed -From $since -Count 20 -Timeout 10'

    'And the outcome.'
    'Get-JobQueue file-process'
)

# In a scope of its own: the prompt that follows keeps PowerShell's defaults.
& {
    $ErrorActionPreference = 'Stop'
    for ($step = 0; $step -lt $steps.Count; $step += 2) {
        Write-Host "`n$($PSStyle.Foreground.BrightBlack)# $($steps[$step])$($PSStyle.Reset)"
        Write-Host "$($PSStyle.Foreground.Cyan)PS>$($PSStyle.Reset) $($steps[$step + 1])"
        . ([scriptblock]::Create($steps[$step + 1])) | Out-Host
    }
}

Write-Host @"

This is a real session, connected to a real application that goes on working. Try:
  Get-Job -State failed | Invoke-JobRetry            retry all that failed, as it stands
  Get-Job -Queue deep-research | Format-List         everything about some jobs
  Get-JobFailure | Select-Object -First 1 | Invoke-JobRetry -WhatIf
                                                     a kind of failure pipes on as its jobs
  Get-JobFlow                                        the flows that wait, as trees
  Get-Job -State active | Wait-Job | Receive-Job     wait for what runs now, and take what it returns
  Watch-JobEvent                                     all queues, live; Ctrl+C ends it
  Suspend-JobQueue chat; Get-JobQueue                pause a queue
  Get-Command -Module JobAdmin                       all there is
exit ends the demo, and everything that it started.
"@
