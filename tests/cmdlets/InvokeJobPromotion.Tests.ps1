# Invoke-JobPromotion, seen by BullMQ.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
}
AfterAll { Stop-Lab }

Describe 'Invoke-JobPromotion' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; delayed = 5; names = 'send', 'resize'; failed = 1 })
    }

    It 'starts delayed jobs at once, and a real worker runs them' {
        $outcomes = Get-Job -Queue emails -State delayed | Invoke-JobPromotion -PassThru
        $outcomes.Status | Select-Object -Unique | Should -Be 'Promoted'
        $outcomes.Count | Should -Be 5
        (Invoke-Peer @{ do = 'work'; queue = 'emails' }).Count | Should -Be 5
    }

    It 'promotes by id, and all that match' {
        (Invoke-JobPromotion 2 -Queue emails -PassThru).Id | Should -Be '2'
        (Invoke-JobPromotion -Queue emails -Name send -PassThru).Count | Should -Be 2
        (Invoke-Peer @{ do = 'counts'; queue = 'emails' }).delayed | Should -Be 2
    }

    It 'makes an error of a job that is not delayed' {
        Get-ErrorId { Invoke-JobPromotion 1 -Queue emails } | Should -Be 'InvalidJobState'
        Get-ErrorId { Invoke-JobPromotion 77 -Queue emails } | Should -BeIn 'JobNotFound', 'InvalidJobState'
    }

    It 'says in which state a job is that is not delayed' {
        $outcomes = 1, 2, 77 | Invoke-JobPromotion -Queue emails -PassThru -ErrorAction SilentlyContinue
        $outcomes.Status | Should -Be 'SkippedWrongState', 'Promoted', 'NotFound'
        $outcomes.PreviousState | Should -Be 'Failed', 'Delayed', 'Unknown'
        $again = Invoke-JobPromotion 2 -Queue emails -PassThru -ErrorAction SilentlyContinue
        $again.PreviousState | Should -Be 'Waiting'
    }

    It 'refuses states other than delayed before it counts anything' {
        $record = Get-ErrorOf { Invoke-JobPromotion -Queue emails -State failed -WhatIf }
        $record.FullyQualifiedErrorId | Should -BeLike 'InvalidState,*'
        $record.ErrorDetails.RecommendedAction | Should -BeLike '*delayed*'
        (Invoke-JobPromotion -Queue emails -State delayed -PassThru).Count | Should -Be 5
    }

    It 'moves all together with -IgnorePriority, whatever their priority' {
        [void](Invoke-Peer @{ do = 'add'; queue = 'emails'; opts = @{ delay = 1000; priority = 3 } })
        Get-WhatIf 'Invoke-JobPromotion -Queue emails -IgnorePriority -WhatIf' | Should -Be 'Promote 6 delayed jobs in queue emails, whatever their priority'
        Invoke-JobPromotion -Queue emails -IgnorePriority -Max 2 | Should -BeNullOrEmpty
        (Invoke-Peer @{ do = 'counts'; queue = 'emails' }).delayed | Should -Be 4
        Get-JobQueue emails | Invoke-JobPromotion -IgnorePriority -Verbose 4>&1 | Should -BeLike '*romote* 4 delayed jobs*'
        $counts = Invoke-Peer @{ do = 'counts'; queue = 'emails' }
        $counts.delayed, $counts.prioritized, $counts.waiting | Should -Be 0, 0, 6
        (Invoke-Peer @{ do = 'work'; queue = 'emails' }).Count | Should -Be 6
    }

    It 'refuses -IgnorePriority where each job is looked at, before anything is sent' {
        $before = Get-Keyspace
        foreach ($command in { Invoke-JobPromotion 2 -Queue emails -IgnorePriority }, { Invoke-JobPromotion -Queue emails -Name send -IgnorePriority }, { Invoke-JobPromotion -Queue emails -PassThru -IgnorePriority },
            { Get-Job -Queue emails -State delayed | Invoke-JobPromotion -IgnorePriority }, { '2' | Invoke-JobPromotion -Queue emails -IgnorePriority }) {
            Get-ErrorId $command | Should -Be ParameterConflict
        }
        Get-Keyspace | Should -Be $before
    }

    It 'writes nothing with -WhatIf' {
        $before = Get-Keyspace
        Get-Job -Queue emails -State delayed | Invoke-JobPromotion -WhatIf
        Invoke-JobPromotion -Queue emails -WhatIf
        Get-Keyspace | Should -Be $before
    }
}
