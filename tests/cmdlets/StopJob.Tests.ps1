# Stop-Job on queue jobs: the next worker records them as failed without running them.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
}
AfterAll { Stop-Lab }

Describe 'Stop-Job' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; active = 1; waiting = 3; prioritized = 2; delayed = 2 })
    }

    It 'keeps waiting, prioritized and delayed jobs from running' {
        $outcomes = Get-Job -Queue emails -State waiting, prioritized, delayed | Stop-Job -Reason 'not today' -Confirm:$false -PassThru
        $outcomes.Count | Should -Be 7
        $outcomes.Status | Select-Object -Unique | Should -Be 'Stopped'
        Invoke-Peer @{ do = 'work'; queue = 'emails' } | Should -BeNullOrEmpty
        $failed = Get-Job -Queue emails -State failed
        $failed.Count | Should -Be 7
        $failed.FailedReason | Select-Object -Unique | Should -Be 'not today'
    }

    It 'names who stopped it when no reason is given' {
        Stop-Job 2 -Queue emails -Confirm:$false
        (Get-Job 2 -Queue emails).DeferredFailure | Should -Be "Stopped by $([Environment]::UserName)"
    }

    It 'warns that a running job can''t be interrupted' {
        $outcome = Stop-Job 1 -Queue emails -Confirm:$false -PassThru -WarningVariable warning -WarningAction SilentlyContinue
        $outcome.Status | Should -Be 'StopRequested'
        $warning | Should -BeLike '*job 1*interrupted*'
    }

    It 'takes a job whose worker is gone for active' {
        [void](Invoke-Redis del bull:emails:1:lock)
        $outcome = Get-Job -Queue emails -State active | Stop-Job -PassThru -Confirm:$false -WarningVariable warning -WarningAction SilentlyContinue
        $outcome.Status | Should -Be 'StopRequested'
        $outcome.PreviousState | Should -Be 'Active'
        $warning | Should -BeLike '*job 1*interrupted*'
        (Stop-Job 2 -Queue emails -PassThru -Confirm:$false).PreviousState | Should -Be 'Waiting'
    }

    It 'refuses states that can''t be stopped before it counts anything' {
        $record = Get-ErrorOf { Stop-Job -Queue emails -State waiting, completed, failed -WhatIf }
        $record.FullyQualifiedErrorId | Should -BeLike 'InvalidState,*'
        "$record" | Should -BeLike '*completed or failed*'
        $record.ErrorDetails.RecommendedAction | Should -BeLike '*waiting, prioritized, delayed, waiting-children, active, paused*'
        Get-ErrorId { Get-JobQueue emails | Stop-Job -State completed -Confirm:$false } | Should -Be 'InvalidState'
    }

    It 'stops all that match, and wants to know which states' {
        Get-ErrorId { Stop-Job -Queue emails -Confirm:$false } | Should -Be 'StateMissing'
        (Stop-Job -Queue emails -State waiting, delayed -Confirm:$false -PassThru).Count | Should -Be 5
    }

    It 'asks before it stops anything' {
        [void](pwsh -NoProfile -NonInteractive -Command "Import-Module '$(Get-Manifest)'; `$c = Connect-JobServer $($lab.Uri); Get-Job -Queue emails | Stop-Job" 2>&1)
        Get-Job -Queue emails | Where-Object DeferredFailure | Should -BeNullOrEmpty
    }

    It 'writes nothing with -WhatIf' {
        $before = Get-Keyspace
        Get-Job -Queue emails -State waiting | Stop-Job -WhatIf
        Stop-Job -Queue emails -State waiting -WhatIf
        Get-Keyspace | Should -Be $before
    }

    It 'says with -WhatIf how many it leaves to schedulers' {
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'chat'; count = 3; opts = @{ delay = 1e7 } })
        Set-JobScheduler nightly -Queue chat -Pattern '0 3 * * *' -Name digest
        $said = Get-WhatIf 'Stop-Job -Queue chat -State delayed, waiting -WhatIf; Get-Job -Queue chat | Stop-Job -WhatIf'
        $said[0] | Should -Be 'Stop 3 delayed or waiting jobs in queue chat (refused: 1 owned by schedulers)'
        $said[-1] | Should -Be 'Stop 3 jobs in all: 3 in queue chat (refused: 1 owned by schedulers)'
        @(Stop-Job -Queue chat -State delayed -Confirm:$false -PassThru -ErrorAction SilentlyContinue | Where-Object Status -EQ Stopped).Count | Should -Be 3
    }

    It 'stops an earlier run of a scheduler that waits for its retry, and not the next one: <Lib> <Do>' -ForEach @(
        @{ Lib = 'bullmq'; Do = 'upsertScheduler' }
        @{ Lib = 'bullmq5'; Do = 'upsertScheduler' }
        @{ Lib = 'bullmq5'; Do = 'repeatable' }
    ) {
        $options = @{ attempts = 3; backoff = 1e7 }
        [void](Invoke-Peer @{ lib = $Lib; do = $Do; queue = 'runs'; id = 'nightly'; repeat = @{ every = 4000 }; template = @{ name = 'report'; opts = $options }; opts = $options })
        # A legacy one has its first run at the next full step.
        if ($Do -eq 'repeatable') { Get-Job -Queue runs -State delayed | Wait-Job -For waiting -Timeout 6 -ErrorAction Ignore | Out-Null; Get-Job -Queue runs -State delayed | Invoke-JobPromotion -Confirm:$false }
        [void](Invoke-Peer @{ lib = $Lib; do = 'work'; queue = 'runs'; behave = @{ do = 'fail'; reason = 'no luck' } })
        $next, $earlier = (Get-Job -Queue runs -State delayed).Where({ -not $_.FailedReason }, 'Split')
        $next | Should -HaveCount 1
        $earlier.Count | Should -BeGreaterThan 0
        Get-WhatIf 'Stop-Job -Queue runs -State delayed -WhatIf' | Should -BeLike "Stop $($earlier.Count) delayed job* in queue runs (refused: 1 owned by schedulers)"
        $outcomes = Stop-Job -Queue runs -State delayed -Reason 'not again' -Confirm:$false -PassThru -ErrorAction SilentlyContinue
        ($outcomes | Where-Object Status -EQ SchedulerOwned).Id | Should -Be $next.Id
        ($outcomes | Where-Object Status -EQ Stopped).Id | Sort-Object | Should -Be ($earlier.Id | Sort-Object)
        [void](Invoke-Peer @{ lib = $Lib; do = 'work'; queue = 'runs'; behave = @{ do = 'ok' } })
        (Get-Job $earlier.Id -Queue runs).FailedReason | Select-Object -Unique | Should -Be 'not again'
        # The chain of runs goes on.
        @(Get-Job -Queue runs -State delayed, waiting).Count | Should -Be 1
    }

    It 'lets a job that completed all the same run when it is retried' {
        [void](Invoke-Peer @{ do = 'run'; queue = 'emails'; count = 1; result = 1 })
        $done = Get-Job -Queue emails -State completed
        # What a stop of a running job leaves behind where its worker ends well.
        [void](Invoke-Redis hset "bull:emails:$($done.Id)" defa 'not today')
        $done | Invoke-JobRetry -Confirm:$false
        (Get-Job $done.Id -Queue emails).DeferredFailure | Should -BeNullOrEmpty
        [void](Invoke-Peer @{ do = 'work'; queue = 'emails' })
        (Get-Job $done.Id -Queue emails).State | Should -Be 'Completed'
    }

    It 'makes an error of a job that has finished' {
        [void](Invoke-Peer @{ do = 'run'; queue = 'emails'; count = 1; result = 1 })
        $done = Get-Job -Queue emails -State completed
        Get-ErrorId { $done | Stop-Job -Confirm:$false } | Should -Be 'InvalidJobState'
    }
}
