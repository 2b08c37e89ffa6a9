# Suspend-JobQueue and Resume-JobQueue, seen by BullMQ's workers.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
}
AfterAll { Stop-Lab }

Describe 'Suspend-JobQueue and Resume-JobQueue' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; waiting = 2 })
        [void](Invoke-Peer @{ do = 'seed'; queue = 'chat'; waiting = 2; lib = 'bullmq5' })
    }

    It 'pauses a queue of <Lib>, and resumes it' -ForEach @(
        @{ Lib = 'bullmq'; Queue = 'emails' }
        @{ Lib = 'bullmq5'; Queue = 'chat' }
    ) {
        Suspend-JobQueue $Queue | Should -BeNullOrEmpty
        Invoke-Peer @{ do = 'isPaused'; queue = $Queue; lib = $Lib } | Should -BeTrue
        Invoke-Peer @{ do = 'work'; queue = $Queue; lib = $Lib } | Should -BeNullOrEmpty
        (Resume-JobQueue $Queue -PassThru).IsPaused | Should -BeFalse
        (Invoke-Peer @{ do = 'work'; queue = $Queue; lib = $Lib }).Count | Should -Be 2
    }

    It 'takes queues from the pipeline, by wildcard, and writes them with -PassThru' {
        (Get-JobQueue | Suspend-JobQueue -PassThru).IsPaused | Should -Be $true, $true
        ('emails' | Resume-JobQueue -PassThru).IsPaused | Should -BeFalse
        (Suspend-JobQueue * -PassThru).Count | Should -Be 2
    }

    It 'says when there was nothing to do' {
        "$(Resume-JobQueue emails -Verbose 4>&1)" | Should -BeLike '*already*'
    }

    It 'writes nothing with -WhatIf' {
        $before = Get-Keyspace
        Suspend-JobQueue emails -WhatIf
        Get-JobQueue | Suspend-JobQueue -WhatIf
        Resume-JobQueue emails -WhatIf
        Get-Keyspace | Should -Be $before
    }

    It 'makes an error of a queue that is not there, or of none' {
        Get-ErrorId { Suspend-JobQueue nix } | Should -Be 'QueueNotFound'
        Get-ErrorId { Suspend-JobQueue } | Should -Be 'QueueMissing'
        Get-ErrorId { 'nix' | Suspend-JobQueue } | Should -Be 'QueueNotFound'
        Get-ErrorId { Suspend-JobQueue emails -JobName send } | Should -Be 'NotSupported'
    }
}
