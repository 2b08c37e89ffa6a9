<#
.SYNOPSIS
Compares the staged module with BullMQ's own library on the same data, in one run.
.PARAMETER Manifest
The staged module's manifest.
.PARAMETER Jobs
How many failed jobs there are.
.PARAMETER Rounds
How often each work is done on each side.
.PARAMETER Quick
One small round: shows only that everything runs.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Manifest,
    [int] $Jobs = $env:BENCH_JOBS ? $env:BENCH_JOBS : 20000,
    [int] $Rounds = 5,
    [switch] $Quick = [bool]$env:BENCH_QUICK
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
if ($Quick) { $Jobs = 500; $Rounds = 1 }
Import-Module (Resolve-Path $Manifest)
$folder = Join-Path ([IO.Path]::GetTempPath()) "jobadmin-bench-$PID"
$null = New-Item -ItemType Directory $folder
$listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
$listener.Start(); $port = $listener.LocalEndpoint.Port; $listener.Stop()

function Start-Redis {
    $null = & redis-server --port $port --bind 127.0.0.1 --save '' --dir $folder --dbfilename bench.rdb --daemonize yes
    for ($i = 0; $i -lt 600 -and (& redis-cli -p $port ping 2>$null) -ne 'PONG'; $i++) { Start-Sleep -Milliseconds 50 }
}
function Stop-Redis { $null = & redis-cli -p $port shutdown nosave 2>$null; Start-Sleep -Milliseconds 200 }
function Get-ServerCpu {
    $info = (& redis-cli -p $port info cpu) -join "`n"
    1000 * ([double][regex]::Match($info, 'used_cpu_user:([\d.]+)').Groups[1].Value + [double][regex]::Match($info, 'used_cpu_sys:([\d.]+)').Groups[1].Value)
}
function Get-Median([double[]] $Values) { ($Values | Sort-Object)[[int][Math]::Floor($Values.Count / 2)] }

function Measure-Ours([scriptblock] $Script) {
    $null = Connect-JobServer "redis://127.0.0.1:$port"
    # The first call pays for compilation, here as in any session.
    $null = Get-Job -Queue bench -State failed -First 10
    $self = [Diagnostics.Process]::GetCurrentProcess()
    $cpu = $self.TotalProcessorTime; $server = Get-ServerCpu
    $watch = [Diagnostics.Stopwatch]::StartNew()
    & $Script
    $ms = $watch.Elapsed.TotalMilliseconds
    $self.Refresh()
    [pscustomobject]@{ Ms = $ms; Cpu = ($self.TotalProcessorTime - $cpu).TotalMilliseconds; Server = (Get-ServerCpu) - $server }
    Get-JobServer | Disconnect-JobServer
}
function Measure-Theirs([string] $Work) {
    $server = Get-ServerCpu
    $result = & node (Join-Path $PSScriptRoot node.mjs) $port bench $Work | ConvertFrom-Json
    [pscustomobject]@{ Ms = $result.ms; Cpu = $result.cpu; Server = (Get-ServerCpu) - $server }
}

try {
    Write-Host "making $Jobs failed jobs"
    Start-Redis
    & node (Join-Path $PSScriptRoot seed.mjs) $port bench $Jobs
    if ($LASTEXITCODE) { throw 'the data could not be made' }
    $null = & redis-cli -p $port save
    Stop-Redis
    $rows = foreach ($work in & (Join-Path $PSScriptRoot works.ps1)) {
        Write-Host "$($work.Name) …"
        $ours = @(); $theirs = @()
        for ($round = 0; $round -lt $Rounds; $round++) {
            Start-Redis; $theirs += Measure-Theirs $work.Name; Stop-Redis
            Start-Redis; $ours += Measure-Ours $work.Script; Stop-Redis
        }
        $ratios = for ($i = 0; $i -lt $Rounds; $i++) { $theirs[$i].Ms / $ours[$i].Ms }
        [pscustomobject]@{
            Work = $work.Name
            Against = $work.Against
            'Ours jobs/s' = [int]($Jobs * 1000 / (Get-Median $ours.Ms))
            'BullMQ jobs/s' = [int]($Jobs * 1000 / (Get-Median $theirs.Ms))
            Ratio = '{0:0.0} ×' -f (Get-Median $ratios)
            Goal = "$($work.Goal) ×"
            'Our CPU µs/job' = [int](1000 * (Get-Median $ours.Cpu) / $Jobs)
            'Their CPU µs/job' = [int](1000 * (Get-Median $theirs.Cpu) / $Jobs)
            'Redis µs/job (ours)' = [int](1000 * (Get-Median $ours.Server) / $Jobs)
            'Redis µs/job (theirs)' = [int](1000 * (Get-Median $theirs.Server) / $Jobs)
        }
    }
    Write-Host "$Jobs failed jobs, median of $Rounds rounds, $([Environment]::ProcessorCount) processors, PowerShell $($PSVersionTable.PSVersion), BullMQ 6.7"
    $rows | Format-Table -AutoSize | Out-String -Width 200 | Write-Host
} finally {
    Stop-Redis
    Remove-Item -Recurse -Force $folder
}
