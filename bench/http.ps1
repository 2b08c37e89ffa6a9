<#
.SYNOPSIS
Compares retries over HTTP, one request a job, with the loop of curl that BioAgents' page gives, on the same server in one run.
.PARAMETER Manifest
The staged module's manifest.
.PARAMETER Jobs
How many failed jobs the module retries in a round; curl does a fortieth of them, and the comparison is per job.
.PARAMETER Rounds
How often each side does it.
.PARAMETER Quick
One small round: shows only that everything runs.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Manifest,
    [int] $Jobs = 20000,
    [int] $Rounds = 5,
    [switch] $Quick = [bool]$env:BENCH_QUICK
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
if ($Quick) { $Jobs = 400; $Rounds = 1 }
if (-not (Get-Command curl -CommandType Application -ErrorAction Ignore)) { Write-Warning 'Retries over HTTP are not compared: there is no curl.'; return }
Import-Module (Resolve-Path $Manifest)
Import-Module $PSScriptRoot/Bench.psm1
Import-Module $PSScriptRoot/../tests/cmdlets/_Servers.psm1

$queue = 'deep-research'
$fake = Start-FakeServer BioAgents
try {
    $null = Connect-JobServer $fake.Uri -Api BioAgents -Key $fake.Key -Queue $queue -WarningAction Ignore
    $curl = foreach ($round in 1..$Rounds) {
        $ids = Invoke-Fake $fake @{ do = 'seed'; queue = $queue; failed = [int]($Jobs / 40) }
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $ids | & bash -c 'while read ID; do curl -s -X POST "$0/api/admin/jobs/$ID/retry?queue=$1" -H "X-Admin-Key: $2"; echo; done' $fake.Uri $queue $fake.Key | Out-Null
        $watch.Elapsed.TotalMilliseconds / $ids.Count
        $null = Invoke-Fake $fake @{ do = 'clear' }
    }
    $ours = foreach ($round in 1..$Rounds) {
        $null = Invoke-Fake $fake @{ do = 'seed'; queue = $queue; failed = $Jobs }
        $failed = Get-Job -State failed
        $self = [Diagnostics.Process]::GetCurrentProcess(); $cpu = $self.TotalProcessorTime
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $outcomes = $failed | Invoke-JobRetry -PassThru -Confirm:$false
        $ms = $watch.Elapsed.TotalMilliseconds
        $self.Refresh()
        $left = (Get-JobQueue $queue).Failed
        if ($failed.Count -ne $Jobs -or $outcomes.Count -ne $Jobs -or $left) { throw "$($failed.Count) jobs failed, $($outcomes.Count) were retried, $left are left" }
        [pscustomobject]@{ Ms = $ms / $Jobs; Cpu = ($self.TotalProcessorTime - $cpu).TotalMilliseconds / $Jobs }
        $null = Invoke-Fake $fake @{ do = 'clear' }
    }
    $ratios = for ($i = 0; $i -lt $Rounds; $i++) { @($curl)[$i] / @($ours)[$i].Ms }
    Write-Host "$Jobs retries of one request each, 16 side by side, against BioAgents' loop of curl on the same server; median of $Rounds rounds, $([Environment]::ProcessorCount) processors"
    [pscustomobject]@{
        Work = 'retry over HTTP'
        Against = 'curl for each'
        'Ours jobs/s' = [int](1000 / (Get-Median @($ours).Ms))
        'curl jobs/s' = [int](1000 / (Get-Median @($curl)))
        Ratio = '{0:0.0} ×' -f (Get-Median $ratios)
        Goal = '10 ×, 1500/s'
        'Our CPU µs/job' = [int](1000 * (Get-Median @($ours).Cpu))
    } | Format-Table -AutoSize | Out-String -Width 200 | Write-Host
} finally {
    Get-JobServer | Disconnect-JobServer
    Stop-FakeServer $fake
}
