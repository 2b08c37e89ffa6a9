# Get-JobQueue on queues that BullMQ made.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    [void](Connect-JobServer $lab.Uri -Name c)
    [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 2; waiting = 3; prioritized = 1; delayed = 4; active = 1 })
    [void](Invoke-Peer @{ do = 'seed'; queue = 'chat'; completed = 2; lib = 'bullmq5' })
    [void](Invoke-Peer @{ do = 'seed'; queue = 'odd[1]'; waiting = 1 })
    [void](Invoke-Peer @{ do = 'seed'; queue = 'elsewhere'; waiting = 1; prefix = '{app}' })
}
AfterAll { Stop-Lab }

Describe 'Get-JobQueue' {
    It 'lists queues by name with the counts that BullMQ has' {
        $queues = Get-JobQueue
        $queues.Name | Should -Be 'chat', 'emails', 'odd[1]'
        $emails = $queues[1]
        $emails | Should -BeOfType JobAdmin.JobQueueInfo
        $counts = Invoke-Peer @{ do = 'counts'; queue = 'emails' }
        foreach ($state in 'waiting', 'active', 'failed', 'completed', 'delayed', 'prioritized') { $emails.$state | Should -Be $counts.$state -Because $state }
        $emails.Version | Should -Be 'bullmq:6.7.0'
        $emails.IsPaused | Should -BeFalse
        $emails.OldestWaiting | Should -BeOfType timespan
        $emails.LastActivity | Should -BeOfType DateTimeOffset
        $emails.Connection | Should -Be 'c'
        $queues[0].Layout | Should -Be 'BullMq5'
    }

    It 'takes names and wildcards' {
        (Get-JobQueue emails).Name | Should -Be 'emails'
        (Get-JobQueue e*, chat).Name | Should -Be 'chat', 'emails'
        (Get-JobQueue 'odd`[1`]').Name | Should -Be 'odd[1]'
        Get-JobQueue nix* | Should -BeNullOrEmpty
    }

    It 'makes an error of a name that is not there, and goes on' {
        $queues = Get-JobQueue nix, emails -ErrorAction SilentlyContinue -ErrorVariable problem
        $queues.Name | Should -Be 'emails'
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'QueueNotFound,*'
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
    }

    It 'takes names and jobs from the pipeline' {
        ('emails', 'chat' | Get-JobQueue).Name | Should -Be 'emails', 'chat'
        (Get-Job -Queue emails -First 1 | Get-JobQueue).Name | Should -Be 'emails'
    }

    It 'counts workers' {
        [void](Invoke-Peer @{ do = 'startWorker'; queue = 'chat'; lib = 'bullmq5' })
        (Get-JobQueue chat).Workers | Should -BeGreaterThan 0
    }

    It 'sees only the prefix of the connection' {
        [void](Connect-JobServer $lab.Uri -Prefix '{app}' -Name other)
        (Get-JobQueue).Name | Should -Be 'elsewhere'
        (Get-JobQueue -Connection c).Count | Should -Be 3
        (Get-JobQueue -Connection c, other).Count | Should -Be 4
        (Get-JobQueue -Connection *).Count | Should -Be 4
    }

    It 'says that a server lacks a command' {
        $bare = Start-TestRedis '--rename-command', 'SCAN', 'xSCAN'
        try {
            [void](Connect-JobServer $bare.Uri -Name bare)
            $record = Get-ErrorOf { Get-JobQueue }
            $record.FullyQualifiedErrorId | Should -BeLike 'RedisError,*'
            $record.ErrorDetails.RecommendedAction | Should -BeLike '*rename-command*'
        }
        finally {
            Disconnect-JobServer bare
            Stop-TestRedis $bare
        }
    }

    It 'goes on with the other connections when one fails' {
        [void](Connect-JobServer $lab.Uri -Name bad)
        Disconnect-JobServer bad
        Get-ErrorId { Get-JobQueue -Connection c, bad } | Should -Be 'ConnectionNotFound'
    }
}
