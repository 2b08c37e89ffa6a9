# What is compared: each work on our side, as a user would write it; the same with BullMQ's library (a name in node.mjs); the ratio that is asked of it, if one is;
# on how many jobs, or first on few and then on many; whether not the first but the second time in a session or process is measured; and the state that
# is empty when it is done.
@(
    @{ Name = '`Get-Job -State failed`'; Theirs = 'list'; Against = '`getFailed`, pages of 1000'; Goal = 8; Size = 'Many'
        Ours = 'Get-Job -Queue bench -State failed | Out-Null' }
    @{ Name = '… the same again, in one session'; Theirs = 'list'; Against = '… again, in one process'; Goal = 8; Size = 'Many'; Again = $true
        Ours = 'Get-Job -Queue bench -State failed | Out-Null' }
    @{ Name = '`Get-Job -State failed -Reason *timeout*`'; Theirs = 'list by reason'; Against = '`getFailed` and a filter'; Size = 'Many'
        Ours = 'Get-Job -Queue bench -State failed -Reason *timeout* | Out-Null' }
    @{ Name = '`Get-Job -State failed \| Invoke-JobRetry`'; Theirs = 'retry each'; Against = '`await job.retry()` for each'; Goal = 8; Size = 'Few', 'Many'; Empty = 'failed'
        Ours = 'Get-Job -Queue bench -State failed | Invoke-JobRetry -Confirm:$false' }
    @{ Name = '… the same'; Theirs = 'retry 500'; Against = '`job.retry()`, 500 in flight'; Goal = 2; Size = 'Few', 'Many'; Empty = 'failed'
        Ours = 'Get-Job -Queue bench -State failed | Invoke-JobRetry -Confirm:$false' }
    @{ Name = '`Invoke-JobRetry -State failed`'; Theirs = 'retry all'; Against = '`queue.retryJobs()`, which drops priority and LIFO'; Goal = 0.4; Size = 'Few', 'Many'; Empty = 'failed'
        Ours = 'Invoke-JobRetry -Queue bench -State failed -Confirm:$false' }
    @{ Name = '`Get-Job -State failed \| Remove-Job`'; Theirs = 'remove each'; Against = '`await job.remove()` for each'; Goal = 4; Size = 'Few', 'Many'; Empty = 'failed'
        Ours = 'Get-Job -Queue bench -State failed | Remove-Job -Confirm:$false' }
    @{ Name = '`Clear-JobQueue -State failed`'; Theirs = 'clean'; Against = '`queue.clean`, 10,000 a call'; Goal = 0.9; Size = 'Many'; Empty = 'failed'
        Ours = 'Clear-JobQueue bench -State failed -Confirm:$false' }
    @{ Name = '`Clear-JobQueue -State waiting`'; Theirs = 'drain'; Against = '`queue.drain`'; Goal = 0.9; Size = 'Many'; Data = 'wait'; Empty = 'wait'
        Ours = 'Clear-JobQueue bench -State waiting -Confirm:$false' }
    @{ Name = '`Invoke-JobPromotion`'; Theirs = 'promote'; Against = '`queue.promoteJobs()`'; Goal = 0.9; Size = 'Many'; Data = 'delayed'; Empty = 'delayed'
        Ours = 'Invoke-JobPromotion -Queue bench -Confirm:$false' }
    @{ Name = '`Invoke-JobPromotion -IgnorePriority`'; Theirs = 'promote'; Against = '… the same'; Goal = 0.9; Size = 'Many'; Data = 'delayed'; Empty = 'delayed'
        Ours = 'Invoke-JobPromotion -Queue bench -IgnorePriority -Confirm:$false' }
    @{ Name = '`Remove-JobQueue`'; Theirs = 'obliterate'; Against = '`queue.obliterate`'; Goal = 0.9; Size = 'Many'; Empty = 'failed'
        Ours = 'Remove-JobQueue bench -Confirm:$false' }
)
