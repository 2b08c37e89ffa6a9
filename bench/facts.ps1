# Works that have no counterpart to compare with, or are done once, on the large queue. Runs within bench.ps1.
function Say([string] $What) { Write-Host ('{0:mm\:ss} {1}' -f ((Get-Date) - $started), $What) }
$manifestPath = (Resolve-Path $Manifest).Path
$url = "redis://127.0.0.1:$(Get-BenchPort)"
$import = "Import-Module '$manifestPath'"

Say 'sessions'
Start-Redis failedFew
$bare = Get-Median @(1..$Rounds | ForEach-Object { Measure-Session '1' })
$imported = Get-Median @(1..$Rounds | ForEach-Object { Measure-Session $import })
$asked = Get-Median @(1..$Rounds | ForEach-Object { Measure-Session "$import; Connect-JobServer $url | Out-Null; Get-JobQueue | Out-Null" })
New-Fact '`Import-Module`, over a bare pwsh' '≤ 100 ms' ('{0:0} ms' -f ($imported - $bare))
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
New-Fact "``Export-Job`` of $('{0:N0}' -f $Many)" '≥ 50,000 jobs/s' "$(Format-Rate $Many (Get-Median $export.Ms)) jobs/s" $export[0]
Say 'events'
$events = [Math]::Min($Many, 100000)
$null = Invoke-Redis eval "for i = 1, tonumber(ARGV[1]) do redis.call('XADD', KEYS[1], '*', 'event', 'completed', 'jobId', i, 'returnvalue', 'null', 'prev', 'active') end" 1 bull:bench:events $events
$watch = 1..$Rounds | ForEach-Object { Measure-Ours "Watch-JobEvent bench -From start -Count $events | Out-Null" }
New-Fact "``Watch-JobEvent``, $('{0:N0}' -f $events) events that are there" '≥ 20,000 events/s' "$(Format-Rate $events (Get-Median $watch.Ms)) events/s" $watch[0]
Say 'queues'
$null = Invoke-Redis eval "for i = 1, tonumber(ARGV[1]) do local P = 'bull:q' .. i .. ':' redis.call('COPY', 'bull:bench:meta', P .. 'meta') redis.call('LPUSH', P .. 'wait', 1) redis.call('ZADD', P .. 'failed', 1, 2) end" 0 2000
$queues = 1..$Rounds | ForEach-Object { Measure-Ours 'Get-JobQueue | Out-Null' -Cold }
New-Fact '`Get-JobQueue`, 2,000 queues' '≤ 1.5 s' ('{0:0.00} s' -f ((Get-Median $queues.Ms) / 1000)) $queues[0]
Stop-Redis

Say 'the large queue: reading'
Start-Redis failedMany
Add-Data failed $Million
$first = Get-Median @(1..$Rounds | ForEach-Object { (Measure-Ours 'Get-Job -Queue bench -State failed | Select-Object -First 1' -Cold).Ms })
New-Fact "first row of ``Get-Job -State failed``, the session's first command" '≤ 60 ms' ('{0:0} ms' -f $first)
$list = Measure-Ours 'Get-Job -Queue bench -State failed | Out-Null'
New-Fact '`Get-Job -State failed`, all of them' '≥ 75,000 jobs/s, ≤ 80 MB' "$(Format-Rate $Million $list.Ms) jobs/s" $list
$filter = Measure-Ours 'Get-Job -Queue bench -State failed -Reason *nothing-has-this* | Out-Null'
New-Fact '`Get-Job -State failed -Reason`, no match' '≥ 200,000 jobs/s' "$(Format-Rate $Million $filter.Ms) jobs/s" $filter
$failures = Measure-Ours 'Get-JobFailure bench | Out-Null'
New-Fact '`Get-JobFailure`' '≤ 15 s, ≤ 100 MB' ('{0:0.0} s' -f ($failures.Ms / 1000)) $failures

Say 'the large queue: changing'
$bulk = '≤ 25 ms a command, stall ≤ 50 ms'
$retry = Measure-Ours 'Invoke-JobRetry -Queue bench -State failed -Confirm:$false'
Assert-Empty failed
New-Fact '`Invoke-JobRetry -State failed`' $bulk "$(Format-Rate $Million $retry.Ms) jobs/s" $retry
$null = Invoke-Redis flushall
New-Data failed 2000 $Million
$clear = Measure-Ours 'Clear-JobQueue bench -State failed -Confirm:$false'
Assert-Empty failed
New-Fact '`Clear-JobQueue -State failed`' $bulk "$(Format-Rate $Million $clear.Ms) jobs/s" $clear
$null = Invoke-Redis flushall
New-Data wait 2000 $Million
$drain = Measure-Ours 'Clear-JobQueue bench -State waiting -Confirm:$false'
Assert-Empty wait
New-Fact '`Clear-JobQueue -State waiting`' '≤ 50 ms a command' "$(Format-Rate $Million $drain.Ms) jobs/s" $drain
$null = Invoke-Redis flushall
New-Data delayed 2000 $Million
$promote = Measure-Ours 'Invoke-JobPromotion -Queue bench -Confirm:$false'
Assert-Empty delayed
New-Fact '`Invoke-JobPromotion`' $bulk "$(Format-Rate $Million $promote.Ms) jobs/s" $promote
$remove = Measure-Ours 'Remove-JobQueue bench -Confirm:$false'
New-Fact '`Remove-JobQueue`' $bulk "$(Format-Rate $Million $remove.Ms) jobs/s" $remove
Stop-Redis
