# Works on the large queue. Runs within bench.ps1.
$bulk = '0.9 ×, ≤ 25 ms a command, stall ≤ 50 ms'
Say 'the large queue: reading'
Start-Redis; New-Data failed 2000 $Million; Save-Data failedMillion
$first = Get-Median @(1..$Rounds | ForEach-Object { (Measure-Ours 'Get-Job -Queue bench -State failed | Select-Object -First 1' -Cold).Ms })
New-Fact "first row of ``Get-Job -State failed``, the session's first command" '≤ 60 ms' ('{0:0} ms' -f $first)
$filter = @(1..$Rounds | ForEach-Object { Measure-Ours 'Get-Job -Queue bench -State failed -Reason *nothing-has-this* | Out-Null' })
New-Fact '`Get-Job -State failed -Reason`, no match' '≥ 200,000 jobs/s' "$(Format-Rate $Million (Get-Median $filter.Ms)) jobs/s" $filter
$failures = @(1..$Rounds | ForEach-Object { Measure-Ours 'Get-JobFailure bench | Out-Null' })
New-Fact '`Get-JobFailure`' '≤ 15 s, ≤ 100 MB' ('{0:0.0} s' -f ((Get-Median $failures.Ms) / 1000)) $failures
Stop-Redis

# In turns, on the same snapshot.
function Compare-Large([string] $Name, [string] $Goal, [string] $Snapshot, [string] $Ours, [string] $Theirs, [string] $Empty) {
    Say "the large queue: $Name"
    $mine, $other = [Collections.Generic.List[object]]::new(), [Collections.Generic.List[object]]::new()
    $ratios = for ($round = 0; $round -lt $Rounds; $round++) {
        $mine.Add((Measure-Fresh $Snapshot $Empty { Measure-Ours $Ours }))
        $other.Add((Measure-Fresh $Snapshot $Empty { Measure-Theirs $Theirs 'bullmq' }))
        $other[-1].Ms / $mine[-1].Ms
    }
    $said = '{0} jobs/s, {1} × BullMQ''s, which stalls others {2:N0} ms'
    New-Fact $Name $Goal ($said -f (Format-Rate $Million (Get-Median $mine.Ms)), (Format-Number (Get-Median $ratios)), (Get-Median $other.Stall)) $mine
}
Compare-Large '`Get-Job -State failed`, all of them' '8 ×, ≥ 75,000 jobs/s, ≤ 80 MB' failedMillion 'Get-Job -Queue bench -State failed | Out-Null' list
Compare-Large '`Invoke-JobRetry -State failed`' '0.4 ×, ≤ 25 ms a command, stall ≤ 50 ms' failedMillion 'Invoke-JobRetry -Queue bench -State failed -Confirm:$false' 'retry all' failed
Compare-Large '`Clear-JobQueue -State failed`' $bulk failedMillion 'Clear-JobQueue bench -State failed -Confirm:$false' clean failed
Compare-Large '`Remove-JobQueue`' $bulk failedMillion 'Remove-JobQueue bench -Confirm:$false' obliterate failed
Remove-Item (Join-Path (Get-BenchFolder) failedMillion.rdb)
Start-Redis; New-Data wait 2000 $Million; Save-Data waitMillion; Stop-Redis
Compare-Large '`Clear-JobQueue -State waiting`' '0.9 ×, ≤ 50 ms a command' waitMillion 'Clear-JobQueue bench -State waiting -Confirm:$false' drain wait
Remove-Item (Join-Path (Get-BenchFolder) waitMillion.rdb)
Start-Redis; New-Data delayed 2000 $Million; Save-Data delayedMillion; Stop-Redis
Compare-Large '`Invoke-JobPromotion`' $bulk delayedMillion 'Invoke-JobPromotion -Queue bench -Confirm:$false' promote delayed
Compare-Large '`Invoke-JobPromotion -IgnorePriority`' $bulk delayedMillion 'Invoke-JobPromotion -Queue bench -IgnorePriority -Confirm:$false' promote delayed
