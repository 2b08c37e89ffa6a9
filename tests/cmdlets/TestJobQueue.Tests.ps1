# Test-JobQueue on queues that real workers of both versions have worked on.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab

    # Each check's finding in one queue, by its name.
    function Get-Finding([string] $Queue, [hashtable] $With = @{}) {
        $all = @{}
        Test-JobQueue $Queue -All @With | ForEach-Object { $all["$($_.Check)"] = $_ }
        $all
    }
}
AfterAll { Stop-Lab }

Describe 'Test-JobQueue with <Lib>' -ForEach @{ Lib = 'bullmq5' }, @{ Lib = 'bullmq' } {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'counts'; lib = $Lib; queue = 'mail' })
    }

    It 'has one line for a queue that is well' {
        [void](Invoke-Peer @{ do = 'startWorker'; lib = $Lib; queue = 'mail' })
        [void](Invoke-Peer @{ do = 'addMany'; lib = $Lib; queue = 'mail'; count = 5 })
        [void](Invoke-Peer @{ do = 'idle'; lib = $Lib; queue = 'mail' })
        $finding = Test-JobQueue mail
        $finding.Severity, $finding.Check, $finding.Queue | Should -Be Ok, $null, mail
        (Get-Finding mail).Values.Severity | Select-Object -Unique | Should -Be Ok
    }

    It 'counts what waits, and how long' {
        [void](Invoke-Peer @{ do = 'addMany'; lib = $Lib; queue = 'mail'; count = 7 })
        [void](Invoke-Redis hset bull:mail:1 timestamp ([DateTimeOffset]::UtcNow.AddMinutes(-20).ToUnixTimeMilliseconds()))
        $found = Get-Finding mail @{ Backlog = 5, 100 }
        $found.Backlog.Severity, $found.Backlog.Value, $found.Backlog.WarningAt, $found.Backlog.CriticalAt | Should -Be Warning, 7, 5, 100
        $found.WaitingAge.Severity | Should -Be Warning
        $found.WaitingAge.Value | Should -BeGreaterThan ([timespan]'0:19')
        $found.WaitingAge.Message | Should -BeLike 'job 1 (job)*'
        (Get-Finding mail @{ Backlog = 5, 7 }).Backlog.Severity | Should -Be Critical
        (Get-Finding mail @{ Backlog = 8 }).Backlog.Severity | Should -Be Ok
        $found.Backlog.Advice | Should -Not -BeNullOrEmpty
    }

    It 'counts from a retry on, whenever the job was added' {
        [void](Invoke-Peer @{ do = 'seed'; lib = $Lib; queue = 'mail'; failed = 1 })
        $id = (Get-Job -Queue mail -State failed).Id
        [void](Invoke-Redis hset "bull:mail:$id" timestamp ([DateTimeOffset]::UtcNow.AddDays(-2).ToUnixTimeMilliseconds()))
        Invoke-JobRetry $id -Queue mail
        $found = (Get-Finding mail).WaitingAge
        $found.Severity | Should -Be Ok
        $found.Value | Should -BeLessThan ([timespan]'0:10')
    }

    It 'sees one that others with a higher priority keep passing by' {
        [void](Invoke-Peer @{ do = 'add'; lib = $Lib; queue = 'mail'; opts = @{ priority = 9 } })
        [void](Invoke-Peer @{ do = 'add'; lib = $Lib; queue = 'mail'; opts = @{ priority = 1 } })
        [void](Invoke-Redis hset bull:mail:1 timestamp ([DateTimeOffset]::UtcNow.AddHours(-2).ToUnixTimeMilliseconds()))
        (Get-Finding mail).WaitingAge.Severity | Should -Be Critical
    }

    It 'misses workers only where jobs wait for them' {
        (Get-Finding mail).Workers.Severity | Should -Be Ok
        [void](Invoke-Peer @{ do = 'add'; lib = $Lib; queue = 'mail'; data = @{ ms = 60000 } })
        (Get-Finding mail).Workers.Severity | Should -Be Critical
        [void](Invoke-Peer @{ do = 'startWorker'; lib = $Lib; queue = 'mail' })
        [void](Invoke-Peer @{ do = 'add'; lib = $Lib; queue = 'mail' })
        (Get-Finding mail).Workers.Severity, (Get-Finding mail @{ MinimumWorker = 2 }).Workers.Severity | Should -Be Ok, Warning
    }

    It 'counts failures, also where the events don''t go back so far' {
        [void](Invoke-Peer @{ do = 'addMany'; lib = $Lib; queue = 'mail'; count = 40 })
        [void](Invoke-Peer @{ do = 'run'; lib = $Lib; queue = 'mail'; count = 30 })
        [void](Invoke-Peer @{ do = 'run'; lib = $Lib; queue = 'mail'; count = 10; reason = 'boom' })
        $found = Get-Finding mail @{ Failed = 5, 50; FailureRate = 0.1, 0.5 }
        $found.Failed.Severity, $found.Failed.Value, $found.FailureRate.Severity, $found.FailureRate.Value | Should -Be Warning, 10, Warning, 0.25
        [void](Invoke-Redis xtrim bull:mail:events MAXLEN 10)
        (Get-Finding mail).Failed.Value | Should -Be 10
        [void](Invoke-Redis del bull:mail:events)
        $found = Get-Finding mail
        $found.FailureRate.Value, $found.Failed.Value, $found.Stalled | Should -Be 0.25, 10, $null
    }

    It 'writes percents as a culture does, without marks that turn no line: <_>' -ForEach 'en-US', 'de-DE', 'ar-SA' {
        [void](Invoke-Peer @{ do = 'addMany'; lib = $Lib; queue = 'mail'; count = 40 })
        [void](Invoke-Peer @{ do = 'run'; lib = $Lib; queue = 'mail'; count = 30 })
        [void](Invoke-Peer @{ do = 'run'; lib = $Lib; queue = 'mail'; count = 10; reason = 'boom' })
        $before = [cultureinfo]::CurrentCulture
        [cultureinfo]::CurrentCulture = $_
        try {
            $finding = (Get-Finding mail @{ FailureRate = 0.1, 0.5 }).FailureRate
            $finding.Message | Should -Match '^25.0\s?[%\u066A] of '
            $finding | Format-List | Out-String | Should -Not -Match '\\u|\u061C'
        }
        finally { [cultureinfo]::CurrentCulture = $before }
    }

    It 'has no rate for a few jobs' {
        [void](Invoke-Peer @{ do = 'add'; lib = $Lib; queue = 'mail' })
        [void](Invoke-Peer @{ do = 'run'; lib = $Lib; queue = 'mail'; reason = 'boom' })
        $rate = (Get-Finding mail).FailureRate
        $rate.Severity, $rate.Message | Should -Be Ok, '1 job finished in the last 1h: too few for a rate'
    }

    It 'counts stalls' {
        [void](Invoke-Redis xadd bull:mail:events '*' event stalled jobId 1)
        (Get-Finding mail).Stalled.Severity | Should -Be Warning
    }

    It 'knows since when it is paused' {
        [void](Invoke-Peer @{ do = 'add'; lib = $Lib; queue = 'mail' })
        [void](Invoke-Peer @{ do = 'pause'; lib = $Lib; queue = 'mail' })
        [void](Invoke-Peer @{ do = 'addMany'; lib = $Lib; queue = 'mail'; count = 600 })
        $found = Get-Finding mail @{ PausedFor = '1ms', '1h'; WaitingAge = '1ms' }
        $found.Paused.Severity | Should -Be Warning
        $found.Paused.Value | Should -BeLessThan ([timespan]'0:1')
        # Nobody shall be woken by a queue that was paused on purpose.
        $found.Workers.Severity, $found.WaitingAge.Severity | Should -Be Ok, Ok
        [void](Invoke-Redis xtrim bull:mail:events MAXLEN 1)
        (Get-Finding mail).Paused.Message | Should -BeLike '*or longer*'
        [void](Invoke-Redis del bull:mail:events)
        $paused = (Get-Finding mail).Paused
        $paused.Severity, $paused.Value | Should -Be Unknown, $null
    }

    It 'sees a rate limit that holds the queue' {
        [void](Invoke-Peer @{ do = 'rateLimit'; lib = $Lib; queue = 'mail'; args = @(120000) })
        $limit = (Get-Finding mail).RateLimit
        $limit.Severity | Should -Be Warning
        $limit.Value | Should -BeGreaterThan ([timespan]'0:1')
    }

    It 'sees a delayed job that is overdue' {
        [void](Invoke-Peer @{ do = 'add'; lib = $Lib; queue = 'mail'; opts = @{ delay = 3600000 } })
        (Get-Finding mail).Overdue.Severity | Should -Be Ok
        $due = [DateTimeOffset]::UtcNow.AddMinutes(-5).ToUnixTimeMilliseconds() * 4096
        [void](Invoke-Redis zadd bull:mail:delayed $due 1)
        (Get-Finding mail).Overdue.Severity | Should -Be Warning
    }

    It 'sees schedulers that are late or can''t run' {
        [void](Invoke-Peer @{ do = 'upsertScheduler'; lib = $Lib; queue = 'mail'; id = 'nightly'; repeat = @{ every = 3600000 } })
        [void](Invoke-Peer @{ do = 'upsertScheduler'; lib = $Lib; queue = 'mail'; id = 'hourly'; repeat = @{ pattern = '0 0 * * * *' } })
        (Get-Finding mail).Scheduler.Message | Should -BeLike '2 schedulers are on time'
        (Get-Finding mail @{ SchedulerOverdue = '1ms' }).Scheduler.Severity | Should -BeIn Ok, Warning
        $next = Invoke-Redis zscore bull:mail:repeat hourly
        [void](Invoke-Redis zrem bull:mail:delayed "repeat:hourly:$next")
        $stuck = (Get-Finding mail).Scheduler
        $stuck.Severity | Should -Be Critical
        $stuck.Message | Should -BeLike 'scheduler hourly can''t run*'
    }
}

Describe 'Test-JobQueue' {
    BeforeAll {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name 'a "b"\')
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'mail'; count = 7 })
        [void](Invoke-Peer @{ do = 'counts'; queue = 'chat' })
    }

    It 'shows what is named also when all is well' {
        $finding = Test-JobQueue mail -Check back*
        $finding.Check, $finding.Severity | Should -Be Backlog, Ok
        "$finding" | Should -Be 'OK mail Backlog: 7 jobs wait'
    }

    It 'takes queues by name, pattern and from the pipeline' {
        (Test-JobQueue).Queue | Select-Object -Unique | Should -Be chat, mail
        (Get-JobQueue m* | Test-JobQueue).Queue | Select-Object -Unique | Should -Be mail
        ('chat' | Test-JobQueue).Queue | Should -Be chat
    }

    It 'takes lengths of time as they are written' {
        $finding = Test-JobQueue mail -Check WaitingAge -WaitingAge 90s,1d
        $finding.WarningAt, $finding.CriticalAt | Should -Be ([timespan]'0:1:30'), ([timespan]'1.0:0')
        (Test-JobQueue mail -Check WaitingAge -WaitingAge '5m,1h').CriticalAt | Should -Be ([timespan]'1:0')
        (Test-JobQueue mail -Check WaitingAge -WaitingAge 1h).CriticalAt | Should -BeNullOrEmpty
    }

    It 'has a table of 80 columns, and a list with advice' {
        $lines = (Test-JobQueue -All | Out-String -Width 80) -split '\r?\n'
        $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual 80 }
        $lines -match '^Queue +Severity +Check +Finding' | Should -HaveCount 1
        Test-JobQueue mail | Format-List | Out-String | Should -Match 'Advice +: Start the application'
    }

    It 'refuses <Case>' -ForEach @(
        @{ Case = 'thresholds in the wrong order'; Id = 'InvalidThreshold'; Script = { Test-JobQueue mail -Backlog 10, 5 } }
        @{ Case = 'times in the wrong order'; Id = 'InvalidThreshold'; Script = { Test-JobQueue mail -WaitingAge 1h, 5m } }
        @{ Case = 'three thresholds'; Id = 'InvalidThreshold'; Script = { Test-JobQueue mail -Failed 1, 2, 3 } }
        @{ Case = 'a threshold of nothing'; Id = 'InvalidThreshold'; Script = { Test-JobQueue mail -Lost 0 } }
        @{ Case = 'a rate in percent'; Id = 'InvalidThreshold'; Script = { Test-JobQueue mail -FailureRate 5, 20 } }
        @{ Case = 'a check that there is not'; Id = 'InvalidCheck'; Script = { Test-JobQueue mail -Check weather } }
        @{ Case = 'no time at all'; Id = 'InvalidThreshold'; Script = { Test-JobQueue mail -NewerThan 0s } }
        @{ Case = 'a time that is not set'; Id = 'ParameterArgumentTransformationError'; Script = { Test-JobQueue mail -WaitingAge 5m, $undefined } }
        @{ Case = 'times that are not set'; Id = 'ParameterArgumentValidationError'; Script = { Test-JobQueue mail -WaitingAge $undefined } }
        @{ Case = 'a queue that is not there'; Id = 'QueueNotFound'; Script = { Test-JobQueue none } }
    ) {
        Get-ErrorId $Script | Should -Be $Id
    }

    It 'completes the checks' {
        (TabExpansion2 'Test-JobQueue -Check Wa' 23).CompletionMatches.CompletionText | Should -Be WaitingAge
    }

    It 'is no licence to change what it names' {
        Get-ErrorId { Test-JobQueue mail | Invoke-JobRetry } | Should -Be NotAJob
        Get-ErrorId { Test-JobQueue mail | Remove-JobQueue -Confirm:$false } | Should -Be NotAQueue
    }
}

Describe 'Test-JobQueue of a queue that can''t be counted' {
    It 'says why, and not that the user has no rights' {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'broken'; waiting = 1; completed = 1 })
        [void](Invoke-Redis set 'bull:broken:failed' 'no set')
        $finding = Test-JobQueue broken -Check Workers
        $finding.Severity | Should -Be Unknown
        $finding.Message | Should -BeLike '*of another type than BullMQ''s*'
        "$($finding.Advice)" | Should -Not -BeLike '*CLIENT LIST*'
    }
}
