# What the works are measured with: a Redis of its own, which starts from a snapshot, fresh sessions of both sides, and a second client that pings.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$script:pwsh = (Get-Process -Id $PID).Path
$script:folder = $null
$script:port = 0
Add-Type -Path (Join-Path $PSScriptRoot PingLoop.cs)

function Initialize-Bench([string] $Manifest) {
    $script:manifest = (Resolve-Path $Manifest).Path
    $script:folder = Join-Path ([IO.Path]::GetTempPath()) "jobadmin-bench-$PID"
    $null = New-Item -ItemType Directory $folder
    $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
    $listener.Start(); $script:port = $listener.LocalEndpoint.Port; $listener.Stop()
}

function Clear-Bench {
    Stop-Redis
    if ($folder) { Remove-Item -Recurse -Force $folder }
}

function Get-BenchPort { $port }

function Get-BenchFolder { $folder }

function Start-Redis([string] $Snapshot) {
    $null = & redis-server --port $port --bind 127.0.0.1 --save '' --dir $folder --dbfilename ($Snapshot ? "$Snapshot.rdb" : 'none.rdb') --daemonize yes --slowlog-max-len 10000 --slowlog-log-slower-than 5000
    for ($i = 0; $i -lt 1200 -and (& redis-cli -p $port ping 2>$null) -ne 'PONG'; $i++) { Start-Sleep -Milliseconds 50 }
}

function Stop-Redis {
    $null = & redis-cli -p $port shutdown nosave 2>$null
    for ($i = 0; $i -lt 200 -and (& redis-cli -p $port ping 2>$null) -eq 'PONG'; $i++) { Start-Sleep -Milliseconds 50 }
}

function Invoke-Redis { & redis-cli -p $port @args }

# Data of one state, made by BullMQ and then copied on the server until there is enough of it.
function New-Data([string] $State, [int] $Real, [int] $Total) {
    & node (Join-Path $PSScriptRoot seed.mjs) $port bench $State ([Math]::Min($Real, $Total))
    if ($LASTEXITCODE) { throw 'The data could not be made.' }
    Add-Data $State $Total
}

function Add-Data([string] $State, [int] $Total) {
    & node (Join-Path $PSScriptRoot grow.mjs) $port bench $State $Total
    if ($LASTEXITCODE) { throw 'The data could not be copied.' }
}

function Save-Data([string] $Snapshot) {
    $null = Invoke-Redis save
    Move-Item (Join-Path $folder none.rdb) (Join-Path $folder "$Snapshot.rdb") -Force
}

# Whoever leaves jobs behind is no faster than the others.
function Assert-Empty([string] $State) {
    $left = Invoke-Redis ($State -eq 'wait' ? 'llen' : 'zcard') "bull:bench:$State"
    if ($left -ne '0') { throw "$left jobs are left in $State." }
}

function Get-ServerCpu {
    $info = (Invoke-Redis info cpu) -join "`n"
    1000 * ([double][regex]::Match($info, 'used_cpu_user:([\d.]+)').Groups[1].Value + [double][regex]::Match($info, 'used_cpu_sys:([\d.]+)').Groups[1].Value)
}

# The longest command since the log was emptied, in milliseconds; 0 where none was worth noting.
function Get-LongestCommand {
    $longest = 0
    foreach ($entry in (Invoke-Redis --json slowlog get -1) -join '' | ConvertFrom-Json -NoEnumerate) {
        foreach ($command in $entry) { $longest = [Math]::Max($longest, $command[2]) }
    }
    $longest / 1000
}

function Measure-Run([scriptblock] $Run) {
    $null = Invoke-Redis slowlog reset
    $server = Get-ServerCpu
    $ping = [PingLoop]::new($port)
    try { $said = & $Run } finally { $stall = $ping.Stop() }
    if ($LASTEXITCODE -or -not $said) { throw 'A work failed.' }
    $result = $said | Select-Object -Last 1 | ConvertFrom-Json
    [pscustomobject]@{
        Ms = $result.ms; Cpu = $result.cpu; Mb = $result.mb; Server = (Get-ServerCpu) - $server; Stall = $stall; Longest = Get-LongestCommand
    }
}

function Measure-Ours([string] $Work, [switch] $Cold, [switch] $Again) {
    Measure-Run { & $pwsh -NoProfile -NonInteractive -File (Join-Path $PSScriptRoot ours.ps1) -Manifest $manifest -Port $port -Script $Work -Cold:$Cold -Again:$Again }
}

function Measure-Theirs([string] $Work, [string] $Package, [switch] $Again) {
    $env:BULLMQ = $Package
    try { Measure-Run { & node (Join-Path $PSScriptRoot node.mjs) $port bench $Work @($Again ? 'again' : @()) } } finally { $env:BULLMQ = $null }
}

# How long a whole pwsh takes, from its start to its end.
function Measure-Session([string] $Command) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $null = & $pwsh -NoProfile -NonInteractive -Command $Command
    if ($LASTEXITCODE) { throw "A session failed: $Command" }
    $watch.Elapsed.TotalMilliseconds
}

function Get-Median([double[]] $Values) { ($Values | Sort-Object)[[int][Math]::Floor(($Values.Count - 1) / 2)] }

Export-ModuleMember -Function *-*
