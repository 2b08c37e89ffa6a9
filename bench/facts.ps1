# Works that have no counterpart to compare with. Runs within bench.ps1.
$manifestPath = (Resolve-Path $Manifest).Path
$url = "redis://127.0.0.1:$(Get-BenchPort)"
$import = "Import-Module '$manifestPath'"

Say 'sessions'
Start-Redis failedFew
# In turns, since the machine's own pace changes by more than an import takes.
$importing = Get-Median @(1..(2 * $Rounds) | ForEach-Object { -(Measure-Session '1') + (Measure-Session $import) })
$asked = Get-Median @(1..$Rounds | ForEach-Object { Measure-Session "$import; Connect-JobServer $url | Out-Null; Get-JobQueue | Out-Null" })
New-Fact '`Import-Module`, over a bare pwsh' '≤ 100 ms' ('{0:0} ms' -f $importing)
New-Fact 'a whole `pwsh`: import, connect, `Get-JobQueue`' '≤ 800 ms' ('{0:0} ms' -f $asked)
$first = Get-Median @(1..$Rounds | ForEach-Object { (Measure-Ours 'Get-Job -Queue bench -State failed | Select-Object -First 1' -Cold).Ms })
New-Fact "first row of ``Get-Job -State failed`` at $('{0:N0}' -f $Few), the session's first command" '≤ 60 ms' ('{0:0} ms' -f $first)
Stop-Redis

Say 'a bare loop of HMGET, and an export'
Start-Redis failedMany
$library = Join-Path (Split-Path $manifestPath) bin deps
$loop = "Add-Type -Path '$(Join-Path $PSScriptRoot HmgetLoop.cs)' -ReferencedAssemblies '$(Join-Path $library StackExchange.Redis.dll)', netstandard, System.Runtime, System.Collections, System.Threading -CompilerOptions '-nowarn:CS1701,CS1702'
    `$null = [Reflection.Assembly]::LoadFrom('$(Join-Path $library StackExchange.Redis.dll)')"
$bareLoop = Get-Median @(1..$Rounds | ForEach-Object {
        & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command "`$ErrorActionPreference = 'Stop'; $import; $loop
            `$c = [StackExchange.Redis.ConnectionMultiplexer]::Connect('127.0.0.1:$(Get-BenchPort)')
            `$w = [Diagnostics.Stopwatch]::StartNew(); `$null = [HmgetLoop]::Run(`$c, 'bull:bench:'); `$w.Elapsed.TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)" | Select-Object -Last 1
        if ($LASTEXITCODE) { throw 'The bare loop failed.' }
    })
$list = Get-Median @(1..$Rounds | ForEach-Object { (Measure-Ours 'Get-Job -Queue bench -State failed | Out-Null').Ms })
New-Fact "list $('{0:N0}' -f $Many), against a bare pipelined loop of HMGET in C#" '≥ 50 %' ('{0:0} %' -f (100 * $bareLoop / $list))
$file = Join-Path (Get-BenchFolder) export.jsonl
$export = 1..$Rounds | ForEach-Object { Measure-Ours "Export-Job -Queue bench -State failed -Path '$file' -Force"; Remove-Item $file }
New-Fact "``Export-Job`` of $('{0:N0}' -f $Many)" '≥ 50,000 jobs/s' "$(Format-Rate $Many (Get-Median $export.Ms)) jobs/s" $export
Say 'events'
$events = [Math]::Min($Many, 100000)
$null = Invoke-Redis eval "for i = 1, tonumber(ARGV[1]) do redis.call('XADD', KEYS[1], '*', 'event', 'completed', 'jobId', i, 'returnvalue', 'null', 'prev', 'active') end" 1 bull:bench:events $events
$watch = 1..$Rounds | ForEach-Object { Measure-Ours "Watch-JobEvent bench -From start -Count $events | Out-Null" }
New-Fact "``Watch-JobEvent``, $('{0:N0}' -f $events) events that are there" '≥ 20,000 events/s' "$(Format-Rate $events (Get-Median $watch.Ms)) events/s" $watch
$null = Invoke-Redis del bull:bench:events
$live = [Math]::Min($Many, 40000)
$counts = Join-Path (Get-BenchFolder) counts.txt
$slow = @"
`$seen = 0; `$missed = 0; `$gaps = 0
`$source = Start-Process node '$(Join-Path $PSScriptRoot events.mjs)', $(Get-BenchPort), bench, $live, 5000 -PassThru
Watch-JobEvent bench -From start | ForEach-Object {
    if (`$_.IsGap) { `$missed += `$_.Missed; `$gaps++ } else { `$seen++; Start-Sleep -Milliseconds 1 }
    `$_
} | Where-Object Event -EQ drained | Select-Object -First 1
`$source.WaitForExit()
"`$seen `$missed `$gaps" | Set-Content '$counts'
"@
$watch = Measure-Ours $slow
[int] $seen, [int] $missed, [int] $gaps = -split (Get-Content -Raw $counts)
if ($seen + $missed -ne $live) { throw "$seen events and $missed missed are not $live." }
New-Fact "… with a consumer of 1 ms, $('{0:N0}' -f $live) new ones at 5,000 a second" 'all, or gaps that add up' ('{0:N0} and {1:N0} in {2} gaps: all' -f $seen, $missed, $gaps) $watch
Say 'queues'
$null = Invoke-Redis eval "for i = 1, tonumber(ARGV[1]) do local P = 'bull:q' .. i .. ':' redis.call('COPY', 'bull:bench:meta', P .. 'meta') redis.call('LPUSH', P .. 'wait', 1) redis.call('ZADD', P .. 'failed', 1, 2) end" 0 2000
$queues = 1..$Rounds | ForEach-Object { Measure-Ours 'Get-JobQueue | Out-Null' -Cold }
New-Fact '`Get-JobQueue`, 2,000 queues' '≤ 1.5 s' ('{0:0.00} s' -f ((Get-Median $queues.Ms) / 1000)) $queues
Stop-Redis
