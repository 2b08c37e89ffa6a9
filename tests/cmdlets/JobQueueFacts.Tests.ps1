# Get-JobWorker, Get-JobMetric, Get-JobGroup and Set-JobQueue.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
}
AfterAll { Stop-Lab }

Describe 'Get-JobWorker' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'startWorker'; queue = 'emails'; opts = @{ name = 'mailer-1' } })
        [void](Invoke-Peer @{ do = 'startWorker'; queue = 'chat' })
        [void](Invoke-Peer @{ do = 'add'; queue = 'emails' })
        [void](Invoke-Peer @{ do = 'add'; queue = 'chat' })
    }

    It 'shows workers with name, place and age' {
        $workers = Get-JobWorker
        $workers.Queue | Should -Be chat, emails
        $worker = Get-JobWorker emails
        $worker.Name | Should -Be mailer-1
        $worker.Host | Should -Match '^127\.0\.0\.1:\d+$'
        $worker.Age | Should -BeLessThan ([timespan]'0:1')
        $worker.Idle | Should -BeLessThan ([timespan]'0:1')
        (Get-JobWorker -Name mailer*).Queue | Should -Be emails
        (Get-JobQueue chat | Get-JobWorker).Queue | Should -Be chat
    }

    It 'has a table' {
        Get-JobWorker emails | Out-String -Width 80 | Should -Match 'emails +mailer-1 +127\.0\.0\.1:\d+ +\ds +\ds'
    }

    It 'is never taken for a job, or for all jobs of its queue' {
        Get-ErrorId { Get-JobWorker emails | Remove-Job -Confirm:$false } | Should -Be NotAJob
        $record = Get-ErrorOf { Get-JobWorker emails | Select-Object Queue, Id | Remove-Job -Confirm:$false }
        $record.FullyQualifiedErrorId | Should -BeLike 'NotAJob,*'
        "$record" | Should -Be 'A JobWorker does not stand for a job.'
    }

    It 'makes an error of a queue that is not there' {
        Get-ErrorId { Get-JobWorker none } | Should -Be QueueNotFound
    }
}

Describe 'Get-JobMetric' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'emails'; count = 10 })
    }

    It 'sums up what workers counted' {
        $counted = @{ metrics = @{ maxDataPoints = 100 } }
        [void](Invoke-Peer @{ do = 'run'; queue = 'emails'; count = 3; opts = $counted })
        $last = [long](Invoke-Redis hget bull:emails:metrics:completed prevTS)
        [void](Invoke-Redis hset bull:emails:metrics:completed prevTS ($last - 120000))
        [void](Invoke-Peer @{ do = 'run'; queue = 'emails'; count = 5; opts = $counted })
        [void](Invoke-Peer @{ do = 'run'; queue = 'emails'; count = 2; reason = 'boom'; opts = $counted })
        $metric = Get-JobMetric emails
        $metric.Completed, $metric.Failed, $metric.TotalCompleted, $metric.TotalFailed | Should -Be 8, 2, 8, 2
        $metric.FailureRate | Should -Be 0.2
        $metric.Points.Count | Should -BeIn 60, 61
        $points = Get-JobMetric emails -Point | Where-Object Completed
        $points.Completed | Should -Be 3, 5
        ($points[1].Time - $points[0].Time).TotalMinutes | Should -Be 2
        (Get-JobMetric emails -Step Hour -NewerThan 3h).Completed | Should -Be 8
        (Get-JobMetric emails -Before ([DateTimeOffset]::Now.AddHours(-1))).Completed | Should -Be 0
        $metric | Out-String -Width 80 | Should -Match 'emails +8 +2 +0[.,]1[67] +[▁▂▃▄▅▆▇█]{30}'
    }

    It 'says where nothing is counted' {
        $metric = Get-JobMetric emails -WarningVariable warnings -WarningAction SilentlyContinue
        $metric.HasMetrics | Should -BeFalse
        "$warnings" | Should -BeLike '*metrics: { maxDataPoints*'
        $metric | Out-String -Width 80 | Should -Match 'no counts kept'
    }

    It 'refuses a span that ends before it begins' {
        Get-ErrorId { Get-JobMetric emails -After ([DateTimeOffset]::Now.AddHours(1)) } | Should -Be InvalidSpan
    }
}

Describe 'Get-JobGroup' {
    It 'says that Redis has none' {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name lab)
        [void](Invoke-Peer @{ do = 'add'; queue = 'emails' })
        Get-ErrorId { Get-JobGroup emails } | Should -Be NotSupported
        "$(Get-ErrorOf { Get-JobGroup emails })" | Should -BeLike "*'lab' can't list job groups*"
    }
}

Describe 'Set-JobQueue' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'emails'; count = 4 })
        [void](Invoke-Peer @{ do = 'add'; queue = 'chat' })
    }

    It 'bounds what runs at once, as workers see it' {
        Set-JobQueue emails -Concurrency 2 | Should -BeNullOrEmpty
        Invoke-Peer @{ do = 'call'; queue = 'emails'; method = 'getGlobalConcurrency' } | Should -Be 2
        (Invoke-Peer @{ do = 'take'; queue = 'emails'; count = 4 }).Count | Should -Be 2
        (Set-JobQueue emails -Concurrency 0 -PassThru).Concurrency | Should -BeNullOrEmpty
        (Invoke-Peer @{ do = 'take'; queue = 'emails'; count = 4 }).Count | Should -Be 2
    }

    It 'sets a rate limit, lets one go, and takes it away' {
        $queue = Set-JobQueue emails -RateLimitMax 1 -RateLimitDuration 1h -PassThru
        $queue.RateLimitMax, $queue.RateLimitDuration | Should -Be 1, ([timespan]'1:0')
        @(Invoke-Peer @{ do = 'take'; queue = 'emails'; count = 3 }).Count | Should -Be 1
        (Get-JobQueue emails).RateLimitedFor | Should -BeGreaterThan ([timespan]'0:50')
        (Set-JobQueue emails -ReleaseRateLimit -PassThru).RateLimitedFor | Should -BeNullOrEmpty
        @(Invoke-Peer @{ do = 'take'; queue = 'emails'; count = 3 }).Count | Should -Be 1
        (Set-JobQueue emails -RateLimitMax 0 -PassThru).RateLimitMax | Should -BeNullOrEmpty
    }

    It 'reads settings that are no whole numbers' {
        [void](Invoke-Peer @{ do = 'add'; queue = 'odd' })
        try {
            [void](Invoke-Redis hset bull:odd:meta concurrency Infinity max 1e12 duration 1500.5)
            [void](Invoke-Redis set bull:odd:limiter much px 60000)
            $queue = Get-JobQueue odd
            $queue.Waiting | Should -Be 1
            $queue.Concurrency | Should -BeNullOrEmpty
            $queue.RateLimitedFor | Should -BeNullOrEmpty
            $queue.RateLimitMax | Should -Be ([int]::MaxValue)
            $queue.RateLimitDuration | Should -Be ([timespan]'0:0:1.5')
            [void](Invoke-Redis hset bull:odd:meta concurrency x max '' duration 1e300)
            (Get-JobQueue odd).RateLimitDuration | Should -BeNullOrEmpty
            { Test-JobQueue odd -ErrorAction Stop } | Should -Not -Throw
        }
        finally { Remove-JobQueue odd -Force -Confirm:$false }
    }

    It 'bounds the events, and warns that the application has a say' {
        "$(Set-JobQueue emails -MaxEvents 100 3>&1)" | Should -BeLike '*when it next starts*'
        Invoke-Redis hget bull:emails:meta opts.maxLenEvents | Should -Be 100
    }

    It 'takes queues from the pipeline and by wildcard' {
        (Get-JobQueue | Set-JobQueue -Concurrency 3 -PassThru).Concurrency | Should -Be 3, 3
        (Set-JobQueue * -Concurrency 4 -PassThru).Concurrency | Should -Be 4, 4
    }

    It 'refuses <Case>' -ForEach @(
        @{ Case = 'nothing to set'; Id = 'NothingToSet'; Script = { Set-JobQueue emails } }
        @{ Case = 'half a rate limit'; Id = 'RateLimitIncomplete'; Script = { Set-JobQueue emails -RateLimitMax 5 } }
        @{ Case = 'a rate limit in no time'; Id = 'RateLimitIncomplete'; Script = { Set-JobQueue emails -RateLimitMax 5 -RateLimitDuration 0s } }
        @{ Case = 'a queue that is not there'; Id = 'QueueNotFound'; Script = { Set-JobQueue none -Concurrency 1 } }
    ) {
        $before = Get-Keyspace
        Get-ErrorId $Script | Should -Be $Id
        Get-Keyspace | Should -Be $before
    }

    It 'writes nothing with -WhatIf' {
        $before = Get-Keyspace
        Set-JobQueue emails -Concurrency 1 -RateLimitMax 1 -RateLimitDuration 1s -MaxEvents 5 -ReleaseRateLimit -WhatIf
        Get-Keyspace | Should -Be $before
    }
}
