<#
.SYNOPSIS
Compares the staged module with BullMQ's own library on the same data, in one run, and prints the tables of the README.
.PARAMETER Manifest
The staged module's manifest.
.PARAMETER Few
How many jobs the works that go job by job have at first.
.PARAMETER Many
How many jobs they have then, and the others at once.
.PARAMETER Million
How many jobs a large queue has.
.PARAMETER Rounds
How often each work is done on each side.
.PARAMETER Part
Which parts are run: the works of both sides, the works of ours alone, the works on a large queue.
.PARAMETER Quick
One small round: shows only that everything runs.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Manifest,
    [int] $Few = 20000,
    [int] $Many = 100000,
    [int] $Million = 1000000,
    [int] $Rounds = 5,
    [ValidateSet('Works', 'Facts', 'Large')] [string[]] $Part = ('Works', 'Facts', 'Large'),
    [switch] $Quick = [bool]$env:BENCH_QUICK
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
if ($Quick) { $Few = 300; $Many = 1500; $Million = 4000; $Rounds = 1 }
Import-Module (Join-Path $PSScriptRoot Bench.psm1) -Force
$started = Get-Date
$packages = [ordered]@{ '6.7' = 'bullmq'; '5.81' = 'bullmq5' }

function Format-Number([double] $Value) { $Value -ge 10 ? $Value.ToString('N0', [cultureinfo]::InvariantCulture) : $Value.ToString('0.0', [cultureinfo]::InvariantCulture) }
function Format-Rate([double] $Count, [double] $Milliseconds) {
    $rate = $Count * 1000 / $Milliseconds
    $step = $rate -ge 10000 ? 1000 : 100
    ([Math]::Round($rate / $step) * $step).ToString('N0', [cultureinfo]::InvariantCulture)
}
function Write-Table([object[]] $Rows) {
    $names = $Rows[0].Keys
    "| $($names -join ' | ') |"
    "|$('---|' * @($names).Count)"
    foreach ($row in $Rows) { "| $($row.Values -join ' | ') |" }
}

function Compare-Work([hashtable] $Work, [string] $Size) {
    $jobs = $Size -eq 'Few' ? $Few : $Many
    $snapshot = ($Work['Data'] ?? 'failed') + $Size
    $ours = [Collections.Generic.List[object]]::new()
    $theirs = [ordered]@{}
    foreach ($version in $packages.Keys) { $theirs[$version] = [Collections.Generic.List[object]]::new() }
    $ratios = @{}
    $again = [bool]$Work['Again']
    $times = $again ? 2 : 1
    for ($round = 0; $round -lt $Rounds; $round++) {
        $ours.Add((Measure-Fresh $snapshot $Work['Empty'] { Measure-Ours $Work.Ours -Again:$again }))
        foreach ($version in $packages.Keys) {
            $theirs[$version].Add((Measure-Fresh $snapshot $Work['Empty'] { Measure-Theirs $Work.Theirs $packages[$version] -Again:$again }))
            $ratios[$version] = @($ratios[$version]) + ($theirs[$version][-1].Ms / $ours[-1].Ms) | Where-Object { $null -ne $_ }
        }
    }
    $newest = $theirs[0]
    $perJob = { param($values, $runs) Format-Number (1000 * (Get-Median $values) / $jobs / $runs) }
    [ordered]@{
        'work' = $Work.Name; 'against' = $Work.Against; 'jobs' = '{0:N0}' -f $jobs; 'goal' = $Work['Goal'] ? "$($Work.Goal) ×" : ''
        '6.7' = '{0} ×' -f (Format-Number (Get-Median $ratios['6.7'])); '5.81' = '{0} ×' -f (Format-Number (Get-Median $ratios['5.81']))
        'jobs/s' = Format-Rate $jobs (Get-Median $ours.Ms)
        'client µs/job' = '{0}, {1}' -f (& $perJob $ours.Cpu 1), (& $perJob $newest.Cpu 1)
        'Redis µs/job' = '{0}, {1}' -f (& $perJob $ours.Server $times), (& $perJob $newest.Server $times)
        'memory MB' = '{0:0}, {1:0}' -f (Get-Median $ours.Mb), (Get-Median $newest.Mb)
        'stall ms' = '{0:0}, {1:0}' -f (Get-Median $ours.Stall), (Get-Median $newest.Stall)
    }
}

function Measure-Fresh([string] $Snapshot, [string] $Empty, [scriptblock] $Measure) {
    Start-Redis $Snapshot
    & $Measure
    if ($Empty) { Assert-Empty $Empty }
    Stop-Redis
}

# Of what was measured several times, the median and the longest of all.
function Format-Longest([double[]] $Values) {
    $median, $most = (Get-Median $Values), ($Values | Measure-Object -Maximum).Maximum
    $most -lt 5 ? 'below 5' : [Math]::Round($most) -gt [Math]::Round($median) ? '{0:0} ({1:0})' -f $median, $most : '{0:0}' -f $most
}

function New-Fact([string] $What, [string] $Goal, [string] $Measured, [object[]] $Result) {
    [ordered]@{
        'what' = $What; 'goal' = $Goal; 'measured' = $Measured
        'memory MB' = $Result ? '{0:0}' -f (Get-Median $Result.Mb) : ''
        'longest command ms' = $Result ? (Format-Longest $Result.Longest) : ''; 'stall ms' = $Result ? (Format-Longest $Result.Stall) : ''
    }
}

function Say([string] $What) { Write-Host ('{0:mm\:ss} {1}' -f ((Get-Date) - $started), $What) }

try {
    Initialize-Bench $Manifest
    Write-Host "making the data: $Few, $Many and $Million jobs"
    Start-Redis; New-Data failed $Few $Few; Save-Data failedFew
    Add-Data failed $Many; Save-Data failedMany; Stop-Redis
    foreach ($state in 'wait', 'delayed') { Start-Redis; New-Data $state 2000 $Many; Save-Data "${state}Many"; Stop-Redis }

    $ratios = foreach ($work in 'Works' -in $Part ? (& (Join-Path $PSScriptRoot works.ps1)) : @()) {
        foreach ($size in $work.Size) {
            Say "$($work.Name), $($work.Against), $size"
            Compare-Work $work $size
        }
    }
    $facts = @(
        if ('Facts' -in $Part) { & (Join-Path $PSScriptRoot facts.ps1) }
        if ('Large' -in $Part) { & (Join-Path $PSScriptRoot large.ps1) }
    )
    $took = (Get-Date) - $started
    $table = @(
        '<!-- bench -->'
        "Medians of $Rounds rounds, $([Environment]::ProcessorCount) processors, PowerShell $($PSVersionTable.PSVersion), Redis $((Invoke-Redis --version) -replace '^redis-cli '), each work in a fresh session on the same snapshot."
        "Two figures in a cell: ours, BullMQ 6.7's. Memory is the peak beyond the idle session; a stall is the longest answer that a second client waited for, pinging every 2 ms."
        ''
        if ($ratios) { Write-Table $ratios }
        ''
        "And on $('{0:N0}' -f $Million) jobs, where nothing else is said (in brackets the longest of all rounds):"
        ''
        if ($facts) { Write-Table $facts }
        '<!-- /bench -->'
    )
    Write-Host ('{0:mm\:ss} done' -f $took)
    $table
} finally {
    Clear-Bench
}
