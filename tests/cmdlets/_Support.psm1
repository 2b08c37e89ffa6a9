# What the Pester files share: the staged module, a private redis-server on a free port, and a BullMQ application under remote control.
$ErrorActionPreference = 'Stop'
$peers = Join-Path $PSScriptRoot '../peers'
$lab = $null

function Start-Guarded([string[]] $Argument) {
    $start = [Diagnostics.ProcessStartInfo]::new('node')
    $Argument | Where-Object { $null -ne $_ } | ForEach-Object { $start.ArgumentList.Add($_) }
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    $process = [Diagnostics.Process]::Start($start)
    $process.BeginErrorReadLine()
    $process
}

function Get-FreePort {
    $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
    $listener.Start()
    try { $listener.LocalEndpoint.Port } finally { $listener.Stop() }
}

# The manifest under test: the newest staged one.
function Get-Manifest {
    $path = if ($env:JOBADMIN_MANIFEST) { $env:JOBADMIN_MANIFEST } else {
        Get-ChildItem "$PSScriptRoot/../../output/JobAdmin/*/JobAdmin.psd1" | Sort-Object LastWriteTime | Select-Object -Last 1 -ExpandProperty FullName
    }
    if (-not $path) { throw 'The module is not staged: ./build.sh build' }
    $path
}

# A redis-server of its own. It ends with this process, however that ends.
function Start-TestRedis([string[]] $Argument, [int] $Port = (Get-FreePort)) {
    $folder = [IO.Directory]::CreateTempSubdirectory('jobadmin-pester-').FullName
    $process = Start-Guarded (@("$peers/guard.mjs", $folder, 'redis-server', '--port', "$port", '--bind', '127.0.0.1', '--save', '', '--dir', $folder) + $Argument)
    $process.BeginOutputReadLine()
    foreach ($i in 1..100) {
        try {
            [Net.Sockets.TcpClient]::new('127.0.0.1', $port).Dispose()
            return [pscustomobject]@{ Port = $port; Uri = "redis://127.0.0.1:$port"; Process = $process }
        }
        catch { Start-Sleep -Milliseconds 50 }
    }
    throw "redis-server did not start on port $port (is it installed?)"
}

function Stop-TestRedis($Redis) {
    $Redis.Process.StandardInput.Close()
    if (-not $Redis.Process.WaitForExit(5000)) { $Redis.Process.Kill($true) }
}

# The module, a server and a peer, for one file.
function Start-Lab([string[]] $RedisArgument) {
    Import-Module (Get-Manifest) -Force -Global
    $redis = Start-TestRedis $RedisArgument
    $script:lab = [pscustomobject]@{ Redis = $redis; Port = $redis.Port; Uri = $redis.Uri; Peer = Start-Guarded @("$peers/peer.mjs"); Calls = 0 }
    $script:lab
}

function Stop-Lab {
    if (-not $lab) { return }
    Get-JobServer | Disconnect-JobServer
    $lab.Peer.StandardInput.Close()
    if (-not $lab.Peer.WaitForExit(5000)) { $lab.Peer.Kill($true) }
    Stop-TestRedis $lab.Redis
    $script:lab = $null
}

# Has the BullMQ application do something, and gives its answer.
function Invoke-Peer([hashtable] $Command) {
    $lab.Calls++
    $line = @{ port = $lab.Port; call = $lab.Calls }
    foreach ($key in $Command.Keys) { $line[$key] = $Command[$key] }
    $lab.Peer.StandardInput.WriteLine((ConvertTo-Json $line -Compress -Depth 20))
    $lab.Peer.StandardInput.Flush()
    $line = $lab.Peer.StandardOutput.ReadLineAsync()
    if (-not $line.Wait(60000)) { throw "the peer does not answer to $($Command.do)" }
    $answer = $line.Result | ConvertFrom-Json
    if ($answer.error) { throw "peer: $($answer.error)" }
    , $answer.result
}

function Invoke-Redis {
    Invoke-Peer @{ do = 'redis'; args = $args }
}

# Empties the server and forgets what the peer has open on it.
function Clear-Lab {
    [void](Invoke-Peer @{ do = 'close'; port = $lab.Port })
    [void](Invoke-Redis flushall)
}

# Everything on the server, to compare before and after.
function Get-Keyspace {
    foreach ($key in (Invoke-Redis keys '*' | ForEach-Object { $_ } | Sort-Object)) { "$key $(Invoke-Redis dump $key)" }
}

# What the jobs and queues on the server hold, key by key, without the history and the wake-up calls.
function Get-JobContent {
    $keys = Invoke-Redis keys '*'
    foreach ($key in $keys | Sort-Object) {
        if ($key -match '^[^:]+:[^:]+:(events|marker|stalled|stalled-check)$') { continue }
        $type = Invoke-Redis type $key
        $values = switch ($type) {
            string { Invoke-Redis get $key }
            hash { (Invoke-Redis hgetall $key).PSObject.Properties | ForEach-Object { "$($_.Name)=$($_.Value)" } | Sort-Object }
            list { Invoke-Redis lrange $key 0 -1 }
            set { $members = Invoke-Redis smembers $key; $members | Sort-Object }
            zset { Invoke-Redis zrange $key 0 -1 withscores }
        }
        "$key $type $($values -join '|')"
    }
}

# Runs a script in a PowerShell of its own within this process, and stops it after a while. Gives how long the stop took, and what it wrote.
function Measure-Stop([string] $Script, [int] $After = 1500) {
    $shell = [powershell]::Create()
    [void]$shell.AddScript("Import-Module '$(Get-Manifest)'; Connect-JobServer $($lab.Uri) | Out-Null; $Script")
    $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
    $handle = $shell.BeginInvoke([System.Management.Automation.PSDataCollection[psobject]]::new(), $output)
    Start-Sleep -Milliseconds $After
    $wasRunning = -not $handle.IsCompleted
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $shell.Stop()
    [pscustomobject]@{ WasRunning = $wasRunning; Milliseconds = $watch.ElapsedMilliseconds; Output = $output; Errors = $shell.Streams.Error; Warnings = $shell.Streams.Warning }
    $shell.Dispose()
}

# Many failed jobs, as the first one of the queue is.
function Add-FailedJob([string] $Queue, [int] $Count) {
    [void](Invoke-Peer @{ do = 'seed'; queue = $Queue; failed = 1 })
    [void](Invoke-Redis eval @'
        local job = redis.call('HGETALL', KEYS[1] .. '1')
        local last = tonumber(redis.call('ZSCORE', KEYS[1] .. 'failed', '1'))
        for i = 2, tonumber(ARGV[1]) do
            redis.call('HSET', KEYS[1] .. i, unpack(job))
            redis.call('ZADD', KEYS[1] .. 'failed', last - i, i)
        end
        redis.call('SET', KEYS[1] .. 'id', ARGV[1])
'@ 1 "bull:${Queue}:" $Count)
}

# A command in a PowerShell of its own, which is killed as hard as can be some time after a file of it has begun to grow. Gives whether it came to its end.
function Start-Run([string] $Command, [string] $File, [int] $KillAfter = -1) {
    $before = (Get-Item $File -ErrorAction Ignore).Length
    $start = [Diagnostics.ProcessStartInfo]::new('pwsh')
    '-NoProfile', '-NonInteractive', '-Command', "`$ErrorActionPreference = 'Stop'; Import-Module '$(Get-Manifest)'; [void](Connect-JobServer $($lab.Uri) -Timeout 30); $Command" | ForEach-Object { $start.ArgumentList.Add($_) }
    $start.RedirectStandardError = $start.RedirectStandardOutput = $true
    $process = [Diagnostics.Process]::Start($start)
    $said = $process.StandardOutput.ReadToEndAsync()
    $errors = $process.StandardError.ReadToEndAsync()
    if ($KillAfter -ge 0) {
        while (-not $process.HasExited -and (Get-Item $File -ErrorAction Ignore).Length -le $before) { Start-Sleep -Milliseconds 2 }
        Start-Sleep -Milliseconds $KillAfter
        if (-not $process.HasExited) { $process.Kill() }
    }
    $process.WaitForExit()
    [pscustomobject]@{ Ended = $process.ExitCode -eq 0; Killed = $process.ExitCode -gt 128; Output = $said.Result; Errors = $errors.Result }
}

# What a command tells the user with -WhatIf, without the words that PowerShell puts before it.
function Get-WhatIf([string] $Command) {
    $said = pwsh -NoProfile -NonInteractive -Command "Import-Module '$(Get-Manifest)'; [void](Connect-JobServer $($lab.Uri)); $Command" 2>&1
    @($said) -replace '^What if: '
}

# The error that a script ends with, or the first that it writes.
function Get-ErrorOf([scriptblock] $Script) {
    try { $errors = & $Script 2>&1 | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } }
    catch { return $_ }
    $errors | Select-Object -First 1
}

# The stable part of an error's id.
function Get-ErrorId([scriptblock] $Script) {
    $record = Get-ErrorOf $Script
    if ($record) { ($record.FullyQualifiedErrorId -split ',')[0] }
}

Export-ModuleMember -Function *-*
