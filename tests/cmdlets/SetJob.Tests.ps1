# Set-Job, seen by BullMQ.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    function Get-Peer([string] $Id) { Invoke-Peer @{ do = 'getJob'; queue = 'emails'; id = $Id } }
}
AfterAll { Stop-Lab }

Describe 'Set-Job' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 2; active = 1; waiting = 2; delayed = 1; reasons = 'bad address', 'boom' })
    }

    It 'changes data from a hashtable, an object or JSON' {
        Set-Job 4 -Queue emails -Data @{ to = 'x' } | Should -BeNullOrEmpty
        (Get-Peer 4).data.to | Should -Be x
        (Set-Job 4 -Queue emails -Data '{"to":"y"}' -PassThru).Status | Should -Be Updated
        (Get-Peer 4).data.to | Should -Be y
    }

    It 'keeps data that is null, and never takes what was not read for it' {
        [void](Invoke-Redis hset bull:emails:4 data null)
        $job = Get-Job 4 -Queue emails
        $job | Set-Job -Data $job.Data
        Invoke-Redis hget bull:emails:4 data | Should -BeExactly null
        $before = Invoke-Redis hget bull:emails:1 data
        Get-ErrorId { Get-Job -Queue emails -State failed | ForEach-Object { $_ | Set-Job -Data $_.Data } } | Should -Be DataNotRead
        Invoke-Redis hget bull:emails:1 data | Should -Be $before
    }

    It 'mends the data of failed jobs, which then run' {
        Get-Job -Queue emails -State failed -Reason '*address*' | Set-Job -Data @{ to = 'a@b.c' } -PassThru | Invoke-JobRetry
        (Get-Peer 1).data.to | Should -Be 'a@b.c'
        (Get-Peer 1).state | Should -Be waiting
        (Get-Peer 2).state | Should -Be failed
    }

    It 'changes priority, delay and progress' {
        Set-Job 5 -Queue emails -Priority 1 -Progress 40
        $job = Get-Peer 5
        $job.state, $job.priority, $job.progress | Should -Be 'prioritized', 1, 40
        Set-Job 6 -Queue emails -Delay 0s -Progress @{ step = 'half' }
        (Get-Peer 6).progress.step | Should -Be half
        (Invoke-Peer @{ do = 'work'; queue = 'emails' }).id | Should -Contain 6
    }

    It 'changes all that match, and asks once' {
        Set-Job -Queue emails -State waiting -Priority 2 -PassThru | Should -HaveCount 2
        (Invoke-Peer @{ do = 'counts'; queue = 'emails' }).prioritized | Should -Be 2
        Get-ErrorId { Set-Job -Queue emails -Priority 2 } | Should -Be StateMissing
    }

    It 'changes each job once that its change puts in line again' {
        Clear-Lab
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; waiting = 6000 })
        $outcomes = Set-Job -Queue emails -State waiting -Priority 0 -Confirm:$false -PassThru
        $outcomes.Count, @($outcomes.Id | Sort-Object -Unique).Count | Should -Be 6000, 6000
    }

    It 'refuses states that the change never applies to before it counts anything' {
        Get-ErrorId { Set-Job -Queue emails -State waiting -Delay 5m -WhatIf } | Should -Be InvalidState
        $record = Get-ErrorOf { Set-Job -Queue emails -State active, waiting -Data @{} -WhatIf }
        $record.FullyQualifiedErrorId | Should -BeLike 'InvalidState,*'
        "$record" | Should -BeLike '*active*'
        (Set-Job -Queue emails -State delayed -Delay 5m -PassThru).Status | Should -Be Updated
    }

    It 'makes an error of <Case>' -ForEach @(
        @{ Case = 'a running job'; Id = 'InvalidJobState'; Script = { Set-Job 3 -Queue emails -Data @{} } }
        @{ Case = 'the delay of a job that has none'; Id = 'InvalidJobState'; Script = { Set-Job 4 -Queue emails -Delay 1m } }
        @{ Case = 'a job that is gone'; Id = 'JobNotFound'; Script = { Set-Job 99 -Queue emails -Data @{} } }
        @{ Case = 'nothing to change'; Id = 'NothingToSet'; Script = { Set-Job 4 -Queue emails } }
        @{ Case = 'broken JSON'; Id = 'InvalidJson'; Script = { Set-Job 4 -Queue emails -Data '{' } }
    ) {
        $before = Get-Keyspace
        Get-ErrorId $Script | Should -Be $Id
        Get-Keyspace | Should -Be $before
    }

    It 'says that a running job is one' {
        "$(Get-ErrorOf { Set-Job 3 -Queue emails -Data @{} })" | Should -BeLike '*A worker has it*'
    }

    It 'writes nothing with -WhatIf' {
        $before = Get-Keyspace
        Get-Job -Queue emails | Set-Job -Data @{} -WhatIf
        Set-Job -Queue emails -State waiting -Priority 1 -WhatIf
        Get-Keyspace | Should -Be $before
    }
}
