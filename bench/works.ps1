# What each work is on our side, as a user would write it, and the ratio to BullMQ's library that is asked of it.
@(
    @{ Name = 'list'; Against = 'getFailed, pages of 1000'; Goal = 8; Script = { Get-Job -Queue bench -State failed | Out-Null } }
    @{ Name = 'list by reason'; Against = 'getFailed and a filter'; Goal = 8; Script = { Get-Job -Queue bench -State failed -Reason *timeout* | Out-Null } }
    @{ Name = 'retry each'; Against = 'for … await job.retry()'; Goal = 8; Script = { Get-Job -Queue bench -State failed | Invoke-JobRetry -Confirm:$false } }
    @{ Name = 'retry all'; Against = 'queue.retryJobs()'; Goal = 0.4; Script = { Invoke-JobRetry -Queue bench -State failed -Confirm:$false } }
    @{ Name = 'remove each'; Against = 'for … await job.remove()'; Goal = 4; Script = { Get-Job -Queue bench -State failed | Remove-Job -Confirm:$false } }
    @{ Name = 'clean'; Against = 'queue.clean'; Goal = 0.9; Script = { Clear-JobQueue bench -State failed -Confirm:$false } }
)
