# What the demo shows: each line is typed out as at a prompt and then run, so that it can be tried again.
param(
    [Parameter(Mandatory)] [string] $Manifest,
    [Parameter(Mandatory)] [string] $Url
)

$ErrorActionPreference = 'Stop'
if ([Console]::IsOutputRedirected) { $PSStyle.OutputRendering = 'PlainText' }
Import-Module $Manifest

function Show([string] $Title, [string] $Command) {
    Write-Host "`n$($PSStyle.Foreground.BrightBlack)# $Title$($PSStyle.Reset)"
    Write-Host "$($PSStyle.Foreground.Cyan)PS>$($PSStyle.Reset) $Command"
    . ([scriptblock]::Create($Command)) | Out-Host
}

Show 'One address is all it takes.' "Connect-JobServer $Url"
Show 'The queues that the application uses.' 'Get-JobQueue'
Show 'Why did jobs fail? Numbers and names are masked, so that like goes to like.' @'
Get-Job -State failed | Group-Object { $_.FailedReason -replace "'[^']*'", "'…'" -replace '\d+', 'N' } -NoElement | Sort-Object Count -Descending | Format-Table -AutoSize
'@
Show 'Jobs are objects: the newest failures of one queue.' 'Get-Job -Queue paper-generation -State failed -First 3'
Show 'The object store is up again: what would a retry do?' "Get-Job -State failed -Reason 'connect ETIMEDOUT*' | Select-Object -First 2 | Invoke-JobRetry -WhatIf"
$since = [DateTimeOffset]::UtcNow
Show 'Retry that kind, in every queue.' "Get-Job -State failed -Reason 'connect ETIMEDOUT*' | Invoke-JobRetry -PassThru | Group-Object Queue, Status -NoElement"
Show 'The workers take them as they do any other job; here is what happens, as it happens.' "Watch-JobEvent -Queue file-process -Event active, completed, failed -From '$($since.ToString('o'))' -Count 12 -Timeout 10"
Show 'And the outcome.' 'Get-JobQueue file-process'

Write-Host @"

This is a real session, connected to a real application that goes on working. Try:
  Get-Job -State failed | Invoke-JobRetry            retry all that failed, as it stands
  Get-Job -Queue deep-research | Format-List         everything about some jobs
  Get-Job -State prioritized -First 1 | Wait-Job     wait for one, and see its progress
  Watch-JobEvent                                     all queues, live; Ctrl+C ends it
  Suspend-JobQueue chat; Get-JobQueue                pause a queue
  Get-Command -Module JobAdmin                       all there is
exit ends the demo, and everything that it started.
"@
