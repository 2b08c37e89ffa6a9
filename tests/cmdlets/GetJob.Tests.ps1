# Get-Job on queues that BullMQ filled.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    [void](Connect-JobServer $lab.Uri -Name c)
    [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 12; names = 'send', 'resize'; data = @{ to = 'a@b.example' }
            reasons = 'SMTP timeout', 'ENOENT: no such file', 'Request [1] failed' })
    [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; completed = 4; active = 2; waiting = 5; prioritized = 3; delayed = 6 })
    [void](Invoke-Peer @{ do = 'seed'; queue = 'chat'; failed = 7; names = @('reply'); lib = 'bullmq5' })
    [void](Invoke-Peer @{ do = 'add'; queue = 'papers'; name = 'odd'; opts = @{ jobId = "a b/c'd[1]*" } })
}
AfterAll { Stop-Lab }

Describe 'Get-Job' {
    It 'lists all jobs of all queues' { (Get-Job | Measure-Object).Count | Should -Be 40 }

    It 'lists <Count> <State> jobs of a queue' -ForEach @(
        @{ State = 'failed'; Count = 12 }
        @{ State = 'completed'; Count = 4 }
        @{ State = 'active'; Count = 2 }
        @{ State = 'waiting'; Count = 5 }
        @{ State = 'wait'; Count = 5 }
        @{ State = 'prioritized'; Count = 3 }
        @{ State = 'DELAYED'; Count = 6 }
        @{ State = 'waiting-children'; Count = 0 }
        @{ State = 'WaitingChildren'; Count = 0 }
        @{ State = 'completed', 'failed'; Count = 16 }
    ) {
        $jobs = @(Get-Job -Queue emails -State $State)
        $jobs.Count | Should -Be $Count
    }

    It 'gives typed objects that know where they came from' {
        $job = Get-Job -Queue emails -State failed -First 1
        $job | Should -BeOfType JobAdmin.QueueJob
        $job.Queue | Should -Be 'emails'
        $job.Connection | Should -Be 'c'
        $job.State | Should -Be 'Failed'
        $job.FinishedOn | Should -BeOfType DateTimeOffset
        $job.FailedReason | Should -BeIn 'SMTP timeout', 'ENOENT: no such file', 'Request [1] failed'
    }

    It 'lists the newest first, and the oldest first when asked' {
        $newest = Get-Job -Queue emails -State failed
        $oldest = Get-Job -Queue emails -State failed -Oldest 0
        $oldest.Count | Should -Be 12
        $newest[0].FinishedOn | Should -BeGreaterOrEqual $newest[-1].FinishedOn
        $oldest[0].FinishedOn | Should -BeLessOrEqual $oldest[-1].FinishedOn
    }

    It 'keeps the order of jobs that were added together' {
        $listed = (Get-Job -Queue emails -State waiting).Id
        (Get-Job -Queue emails -State waiting -Newest 5).Id | Should -Be $listed
        (Get-Job -Queue emails -State waiting -Oldest 5).Id | Should -Be $listed[4..0]
    }

    It 'gives the newest and the oldest of all queues and states together' {
        $all = Get-Job -State failed, completed | Sort-Object FinishedOn
        (Get-Job -State failed, completed -Newest 5).FinishedOn | Should -Be ($all[-1..-5].FinishedOn)
        (Get-Job -State failed, completed -Oldest 5).FinishedOn | Should -Be ($all[0..4].FinishedOn)
        (Get-Job -Newest 3 | Measure-Object).Count | Should -Be 3
        (Get-Job -Newest 3 -Skip 1 | Measure-Object).Count | Should -Be 2
    }

    It 'filters by name and reason, with wildcards' {
        (Get-Job -Queue emails -State failed -Name send).Count | Should -Be 6
        (Get-Job -Queue emails -State failed -Name s*, nothing).Count | Should -Be 6
        (Get-Job -State failed -Reason 'smtp*').Count | Should -Be 4
        (Get-Job -State failed -Reason 'Request `[1`]*').Count | Should -Be 4
        (Get-Job -State failed -Reason *timeout, ENOENT*).Count | Should -Be 8
        Get-Job -State failed -Reason nothing* | Should -BeNullOrEmpty
    }

    It 'filters by time' {
        $middle = @(Get-Job -Queue emails -State failed -Oldest 0)[6].FinishedOn
        $before = @(Get-Job -Queue emails -State failed -Before $middle).Count
        $after = @(Get-Job -Queue emails -State failed -After $middle).Count
        $before + $after | Should -Be 12
        $after | Should -BeGreaterThan 0
        @(Get-Job -Queue emails -State failed -Before $middle.LocalDateTime.AddDays(1)).Count | Should -Be 12
        @(Get-Job -Queue emails -State failed -NewerThan 1h).Count | Should -Be 12
        Get-Job -Queue emails -State failed -OlderThan 1h | Should -BeNullOrEmpty
        Get-Job -Queue emails -State failed -OlderThan 7d | Should -BeNullOrEmpty
        Get-ErrorId { Get-Job -Queue emails -OlderThan 7 } | Should -Be 'ParameterArgumentTransformationError'
        Get-ErrorId { Get-Job -Queue emails -OlderThan (New-TimeSpan -Days -1) } | Should -Be 'ParameterArgumentTransformationError'
    }

    It 'pages over all queues as over one' {
        $all = Get-Job -State failed
        foreach ($skip in 0, 3, 6, 7, 8, 18) {
            $page = @(Get-Job -State failed -Skip $skip -First 4)
            $page.Count | Should -Be ([Math]::Min(4, 19 - $skip))
            "$($page | ForEach-Object { "$($_.Queue)/$($_.Id)" })" | Should -Be "$($all | Select-Object -Skip $skip -First 4 | ForEach-Object { "$($_.Queue)/$($_.Id)" })"
        }
        Get-Job -State failed -Skip 19 | Should -BeNullOrEmpty
        Get-Job -State failed -First 0 | Should -BeNullOrEmpty
    }

    It 'counts with -IncludeTotalCount' {
        $out = Get-Job -State failed -First 1 -IncludeTotalCount
        [int]"$($out[0])".Split(' ')[-1] | Should -Be 19
        $out.Count | Should -Be 2
    }

    It 'refuses a time that is not set' {
        Get-ErrorId { Get-Job -Queue emails -After $undefined } | Should -Be ParameterArgumentValidationError
        Get-ErrorId { Get-Job -Queue emails -OlderThan $undefined } | Should -Be ParameterArgumentValidationError
    }

    It 'takes queues by wildcard, connections by name, and queues from the pipeline' {
        (Get-Job -Queue e*, papers | Measure-Object).Count | Should -Be 33
        (Get-Job -Queue emails -State failed -Connection c).Count | Should -Be 12
        (Get-JobQueue emails, chat | Get-Job -State failed).Count | Should -Be 19
        (Get-JobServer c | ForEach-Object { Get-Job -Queue chat -Connection $_ }).Count | Should -Be 7
    }

    It 'gives jobs by id with all their parts, and reads no more than asked in a list' {
        $job = Get-Job -Queue emails -State failed -First 1
        $job.Data | Should -BeNullOrEmpty
        (Get-Job -Queue emails -State failed -First 1 -IncludeData).Data.to | Should -Be 'a@b.example'
        $full = Get-Job $job.Id -Queue emails
        $full.Data.to | Should -Be 'a@b.example'
        $full.StackTrace[0] | Should -Match "^Error: $([regex]::Escape($job.FailedReason))"
        $full.Log | Should -BeNullOrEmpty
        (Get-Job 1, 2, 3 -Queue emails).Id | Should -Be '1', '2', '3'
    }

    It 'finds an id in all queues' {
        (Get-Job 3).Queue | Should -Be 'chat', 'emails'
        Get-ErrorId { Get-Job 3000 } | Should -Be 'JobNotFound'
    }

    It 'takes ids as they are' {
        $job = Get-Job "a b/c'd[1]*" -Queue papers
        $job.Id | Should -Be "a b/c'd[1]*"
        $job.Name | Should -Be 'odd'
    }

    It 'reads log lines when asked' {
        [void](Invoke-Peer @{ do = 'log'; queue = 'emails'; id = '2'; args = @('first line') })
        (Get-Job 2 -Queue emails -IncludeLog).Log | Should -Be 'first line'
    }

    It 'reads piped jobs again' {
        $job = Get-Job -Queue emails -State failed -First 2
        ($job | Get-Job).Data.to | Should -Be 'a@b.example', 'a@b.example'
        ([pscustomobject]@{ Queue = 'emails'; Id = 1 } | Get-Job).Id | Should -Be '1'
        ('1', '2' | Get-Job -Queue emails).Id | Should -Be '1', '2'
    }

    It 'goes on after an id or a queue that is not there' {
        $jobs = Get-Job 1, 999, 2 -Queue emails -ErrorAction SilentlyContinue -ErrorVariable problem
        $jobs.Id | Should -Be '1', '2'
        $problem.Count | Should -Be 1
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'JobNotFound,*'
        $problem[0].TargetObject | Should -Be '999'
        $jobs = Get-Job -Queue nix, chat -ErrorAction SilentlyContinue -ErrorVariable problem
        $jobs.Count | Should -Be 7
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'QueueNotFound,*'
        Get-Job -Queue nix* | Should -BeNullOrEmpty
    }

    It 'reads the jobs of a list all the same when the queue of some is gone' {
        $errors = $null
        $rows = 'Queue,Id', 'gone,1', 'emails,1' | ConvertFrom-Csv
        ($rows | Get-Job -ErrorAction SilentlyContinue -ErrorVariable errors).Id | Should -Be 1
        $errors.FullyQualifiedErrorId | Should -BeLike 'QueueNotFound*'
    }

    It 'refuses what can''t be meant' {
        Get-ErrorId { Get-Job -State bogus } | Should -Be 'InvalidState'
        Get-ErrorId { Get-Job 1 -State failed } | Should -Be 'ParameterConflict'
        Get-ErrorId { Get-Job -Newest 1 -Oldest 1 -Queue emails } | Should -Be 'ParameterConflict'
        Get-ErrorId { Get-Job -Name 'a[b' } | Should -Be 'InvalidWildcard'
        Get-ErrorId { Get-Job -Connection nowhere } | Should -Be 'ConnectionNotFound'
    }

    It 'stops reading when Select-Object has enough' {
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'many'; count = 20000 })
        [void](Invoke-Redis config resetstat)
        (Get-Job -Queue many | Select-Object -First 3).Count | Should -Be 3
        $read = (Invoke-Redis info commandstats) -split "`n" | Where-Object { $_ -match '^cmdstat_(hmget|hgetall):calls=(\d+)' } | ForEach-Object { [int]$Matches[2] } | Measure-Object -Sum
        $read.Sum | Should -BeLessThan 8000
    }

    It 'stops within 200 ms' {
        $stop = Measure-Stop 'while ($true) { Get-Job -Queue many }'
        $stop.WasRunning | Should -BeTrue
        $stop.Milliseconds | Should -BeLessThan 400
        $stop.Errors | Should -BeNullOrEmpty
    }

    It 'shows a job whose data is damaged, with a warning' {
        [void](Invoke-Redis hset bull:chat:1 data '{broken')
        $job = Get-Job 1 -Queue chat -WarningVariable warning -WarningAction SilentlyContinue
        $job.Id | Should -Be '1'
        $job.Problem | Should -Not -BeNullOrEmpty
        $warning | Should -BeLike '*job 1 in queue chat*'
    }

    It 'reports what it sends with -Debug, without data' {
        $lines = Get-Job -Queue emails -First 1 -Debug 5>&1 | Where-Object { $_ -is [System.Management.Automation.DebugRecord] }
        $lines | Should -Not -BeNullOrEmpty
        "$($lines[-1])" | Should -Match 'ms\)$'
    }
}

Describe 'Get-Job by ids that look like numbers' {
    BeforeAll {
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'odd'; count = 16 })
        '007', '1e5', '0x10', '1.5' | ForEach-Object { [void](Invoke-Peer @{ do = 'add'; queue = 'odd'; opts = @{ jobId = $_ } }) }
        $culture = [cultureinfo]::CurrentCulture
    }
    AfterEach { [cultureinfo]::CurrentCulture = $culture }

    It 'takes a number as it is written' {
        (Get-Job -Queue odd 007).Id | Should -BeExactly '007'
        (Get-Job -Queue odd -Id:1e5).Id | Should -BeExactly '1e5'
        (JobAdmin\Get-Job -Id 0x10 -Queue odd).Id | Should -BeExactly '0x10'
        (Get-Job -Queue odd -InputObject 007).Id | Should -BeExactly '007'
        (Find-Job odd -Id 007).Id | Should -BeExactly '007'
        (Watch-JobEvent odd -From start -Id 007 -Event added -Timeout 1).Id | Should -BeExactly '007'
    }

    It 'takes a number that is a value, whatever the culture' -ForEach 'en-US', 'de-DE', 'sv-SE' {
        [cultureinfo]::CurrentCulture = $_
        $number = -5
        (Get-Job -Queue odd (7)).Id | Should -BeExactly '7'
        (Get-ErrorOf { Get-Job -Queue odd $number }).TargetObject | Should -BeExactly '-5'
        (Get-ErrorOf { $number | Get-Job -Queue odd }).TargetObject | Should -BeExactly '-5'
        (Get-Job -Queue odd (3), 7L, 1.5).Id | Should -BeExactly '3', '7', '1.5'
        (Get-Job -Queue odd (1.5 | Write-Output)).Id | Should -BeExactly '1.5'
        (7, '007' | Get-Job -Queue odd).Id | Should -BeExactly '7', '007'
        [void](Invoke-Peer @{ do = 'add'; queue = 'odd'; opts = @{ jobId = '6f9619ff-8b86-d011-b42d-00c04fc964ff' } })
        ([uint64]7, 7.0, [decimal]7, [byte]7, [bigint]7 | Get-Job -Queue odd).Id | Should -BeExactly '7', '7', '7', '7', '7'
        ([guid]'6f9619ff-8b86-d011-b42d-00c04fc964ff' | Get-Job -Queue odd).Id | Should -Be '6f9619ff-8b86-d011-b42d-00c04fc964ff'
        ([pscustomobject]@{ Queue = 'odd'; Id = 7 } | Get-Job).Id | Should -BeExactly '7'
    }
}

Describe 'Get-Job -Newest and -Oldest' {
    It 'gives each job of a paused queue once' {
        [void](Invoke-Peer @{ do = 'pause'; queue = 'held'; lib = 'bullmq5' })
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'held'; count = 3; lib = 'bullmq5' })
        (Get-Job -Queue held -State waiting, paused -Newest 10).Id | Should -Be '3', '2', '1'
        (Get-Job -Queue held -State paused, waiting -Oldest 2).Id | Should -Be '1', '2'
        (Get-Job -Queue held -State waiting -Newest 10).Id | Should -Be '3', '2', '1'
        # As after a pause that was cut short: both lists hold jobs.
        [void](Invoke-Redis lmove bull:held:paused bull:held:wait left left)
        (Get-Job -Queue held -Newest 10).Id | Should -Be '3', '2', '1'
    }

    It 'goes by when jobs were added, not by when they are due or their priority' {
        $jobs = 1..10 | ForEach-Object { @{ name = 'late'; opts = @{ timestamp = 1700000000000 + $_; delay = 1000000000000 - 10000 * $_ } } }
        [void](Invoke-Peer @{ do = 'addBulk'; queue = 'order'; jobs = $jobs })
        $jobs = 11..20 | ForEach-Object { @{ name = 'first'; opts = @{ timestamp = 1700000000000 + $_; priority = $_ } } }
        [void](Invoke-Peer @{ do = 'addBulk'; queue = 'order'; jobs = $jobs })
        (Get-Job -Queue order -State delayed -Newest 3).Id | Should -Be '10', '9', '8'
        (Get-Job -Queue order -State delayed -Oldest 3).Id | Should -Be '1', '2', '3'
        (Get-Job -Queue order -State prioritized -Newest 3).Id | Should -Be '20', '19', '18'
        (Get-Job -Queue order -State prioritized -Oldest 3 -Skip 1).Id | Should -Be '12', '13'
        (Get-Job -Queue order -Newest 12).Id | Should -Be (20..9)
    }
}
