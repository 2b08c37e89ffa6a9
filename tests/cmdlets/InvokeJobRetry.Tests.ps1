# Invoke-JobRetry, seen by BullMQ.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    function Get-Count([string] $Queue = 'emails') { Invoke-Peer @{ do = 'counts'; queue = $Queue } }
}
AfterAll { Stop-Lab }

Describe 'Invoke-JobRetry' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name c)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 6; names = 'send', 'resize'; reasons = 'SMTP timeout', 'ENOENT' })
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; completed = 2 })
        [void](Invoke-Peer @{ do = 'seed'; queue = 'chat'; failed = 3; lib = 'bullmq5' })
    }

    It 'retries what Get-Job finds, over all queues, and real workers run it' {
        $outcomes = Get-Job -State failed | Invoke-JobRetry -PassThru
        $outcomes.Count | Should -Be 9
        $outcomes.Status | Select-Object -Unique | Should -Be 'Retried'
        (Get-Count).failed | Should -Be 0
        $ran = Invoke-Peer @{ do = 'work'; queue = 'emails' }
        $ran.Count | Should -Be 6
        (Invoke-Peer @{ do = 'work'; queue = 'chat'; lib = 'bullmq5' }).Count | Should -Be 3
        (Get-Count).completed | Should -Be 8
    }

    It 'is silent without -PassThru' { Get-Job -State failed | Invoke-JobRetry | Should -BeNullOrEmpty }

    It 'gives outcomes in the order of the jobs, also over several queues' {
        $jobs = Get-Job -State failed | Sort-Object { [int]$_.Id }, Queue
        $outcomes = $jobs | Invoke-JobRetry -PassThru -BatchSize 4
        "$($outcomes | ForEach-Object { "$($_.Queue)/$($_.Id)" })" | Should -Be "$($jobs | ForEach-Object { "$($_.Queue)/$($_.Id)" })"
    }

    It 'retries jobs by id' {
        (Invoke-JobRetry 1, 3 -Queue emails -PassThru).Status | Should -Be 'Retried', 'Retried'
        (Get-Count).failed | Should -Be 4
    }

    It 'retries all that match, oldest first' {
        $outcomes = Invoke-JobRetry -Queue emails -Reason SMTP* -PassThru
        $outcomes.Id | Should -Be '1', '3', '5'
        (Get-Count).failed | Should -Be 3
        (Invoke-JobRetry -Queue emails -Max 1 -PassThru).Id | Should -Be '2'
        (Invoke-JobRetry -Queue * -PassThru).Count | Should -Be 5
    }

    It 'retries no more for a time that is not set' {
        Get-ErrorId { Invoke-JobRetry -Queue emails -NewerThan $undefined } | Should -Be ParameterArgumentValidationError
        Get-ErrorId { Invoke-JobRetry -Queue emails -After $undefined } | Should -Be ParameterArgumentValidationError
        (Get-Count).failed | Should -Be 6
    }

    It 'runs completed jobs again' {
        (Invoke-JobRetry -Queue emails -State completed -PassThru).Count | Should -Be 2
        (Get-Count).waiting | Should -Be 2
    }

    It 'resets the attempts when asked' {
        Get-Job -Queue emails -State failed | Invoke-JobRetry -ResetAttempts
        (Invoke-Peer @{ do = 'getJob'; queue = 'emails'; id = '1' }).attemptsMade | Should -Be 0
        Invoke-JobRetry 1 -Queue chat
        (Invoke-Peer @{ do = 'getJob'; queue = 'chat'; id = '1'; lib = 'bullmq5' }).attemptsMade | Should -Be 1
    }

    It 'makes one error of one bad job and goes on' {
        $outcomes = Invoke-JobRetry 1, 999, 7, 2 -Queue emails -PassThru -ErrorAction SilentlyContinue -ErrorVariable problem
        $outcomes.Status | Should -Be 'Retried', 'NotFound', 'Retried', 'Retried'
        $problem.Count | Should -Be 1
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'JobNotFound,*'
        $problem[0].TargetObject | Should -BeOfType JobAdmin.JobOutcome
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        Get-ErrorId { Invoke-JobRetry 1 -Queue emails } | Should -Be 'InvalidJobState'
    }

    It 'makes one error of a queue that is gone, and goes on with the jobs of others' {
        $errors = $null
        $rows = 'Queue,Id', 'emails,1', 'gone,1', 'gone,2', 'chat,1', 'emails,2' | ConvertFrom-Csv
        $outcomes = $rows | Invoke-JobRetry -PassThru -ErrorAction SilentlyContinue -ErrorVariable errors
        "$($outcomes | ForEach-Object { "$($_.Queue)/$($_.Id) $($_.Status)" })" | Should -Be 'emails/1 Retried chat/1 Retried emails/2 Retried'
        $errors.FullyQualifiedErrorId | Should -Be 'QueueNotFound,JobAdmin.Commands.InvokeJobRetryCommand'
        Get-ErrorId { Invoke-JobRetry 1 -Queue gone } | Should -Be QueueNotFound
    }

    It 'stops at the first error with -ErrorAction Stop' {
        { Invoke-JobRetry 999, 1 -Queue emails -ErrorAction Stop } | Should -Throw -ErrorId 'JobNotFound,JobAdmin.Commands.InvokeJobRetryCommand'
    }

    It 'writes nothing with -WhatIf and says how many it would' {
        $before = Get-Keyspace
        $said = pwsh -NoProfile -NonInteractive -Command "Import-Module '$(Get-Manifest)'; `$c = Connect-JobServer $($lab.Uri); Get-Job -State failed | Invoke-JobRetry -WhatIf; Invoke-JobRetry -Queue emails -WhatIf"
        Get-Keyspace | Should -Be $before
        $said | Should -Contain 'What if: Retry job 6 in queue emails'
        $said | Should -Contain 'What if: Retry 9 jobs in all: 6 in queue emails, 3 in queue chat'
        $said | Should -Contain 'What if: Retry 6 failed jobs in queue emails'
    }

    It 'asks with -Confirm, and so changes nothing where nobody can answer' {
        $out = pwsh -NoProfile -NonInteractive -Command "Import-Module '$(Get-Manifest)'; `$c = Connect-JobServer $($lab.Uri); Invoke-JobRetry 1 -Queue emails -Confirm" 2>&1
        (Get-Count).failed | Should -Be 6
        "$out" | Should -BeLike '*NonInteractive*'
    }

    It 'takes objects from elsewhere: CSV, outcomes, events' {
        $csv = Get-Job -Queue emails -State failed | Select-Object Queue, Id, Connection | ConvertTo-Csv
        ($csv | ConvertFrom-Csv | Invoke-JobRetry -PassThru).Count | Should -Be 6
        (Get-Job -Queue chat -State failed | ConvertTo-Json | ConvertFrom-Json | Invoke-JobRetry -PassThru).Count | Should -Be 3
        Get-ErrorId { [pscustomobject]@{ Nothing = 1 } | Invoke-JobRetry } | Should -Be 'NotAJob'
        Get-ErrorId { [pscustomobject]@{ Queue = 'emails'; Id = 1; Connection = 'gone' } | Invoke-JobRetry } | Should -Be 'ConnectionNotFound'
    }

    It 'takes queues from the pipeline' {
        (Get-JobQueue | Invoke-JobRetry -PassThru).Count | Should -Be 9
    }

    It 'takes queues that went through CSV, JSON, CLIXML and Select-Object' {
        (Get-JobQueue chat | ConvertTo-Json | ConvertFrom-Json | Invoke-JobRetry -Max 1 -PassThru).Queue | Should -Be chat
        (Get-JobQueue chat | ConvertTo-Csv | ConvertFrom-Csv | Invoke-JobRetry -Max 1 -PassThru).Queue | Should -Be chat
        Get-JobQueue chat | Export-Clixml "$TestDrive/queue.xml"
        (Import-Clixml "$TestDrive/queue.xml" | Invoke-JobRetry -Max 1 -PassThru).Queue | Should -Be chat
        (Get-JobQueue emails | Select-Object Queue, Failed | Invoke-JobRetry -PassThru).Count | Should -Be 6
    }

    It 'takes no row without an id for the whole queue' {
        $before = Get-Keyspace
        $rows = "Queue,JobId`nchat,3" | ConvertFrom-Csv
        foreach ($lost in @(
                { "Queue,Id`nchat,`nchat," | ConvertFrom-Csv }, { $rows }, { [pscustomobject]@{ Queue = 'chat'; Id = $null } }, { [pscustomobject]@{ Queue = 'chat' } },
                { Get-Job -Queue chat | Select-Object Queue, Name }, { Get-JobQueue chat | Select-Object *, @{ Name = 'Id'; Expression = { '' } } },
                { Get-JobFailure chat | Select-Object Queue, Count, Reason | ConvertTo-Csv | ConvertFrom-Csv }, { Get-JobFailure chat | ConvertTo-Json | ConvertFrom-Json },
                { Get-JobFailure chat | Select-Object * }, { Watch-JobQueue chat -Once })) {
            Get-ErrorId { & $lost | Invoke-JobRetry } | Should -Be NotAJob -Because $lost
        }
        (Get-ErrorOf { $rows | Invoke-JobRetry }).ErrorDetails.RecommendedAction | Should -BeLike 'Give it the Id*-Queue*Get-JobQueue*Get-JobFailure*'
        Get-Keyspace | Should -Be $before
        ("Queue,Id`nchat,`nchat,3" | ConvertFrom-Csv | Invoke-JobRetry -PassThru -ErrorAction Ignore).Id | Should -Be 3
        (Get-Count chat).failed | Should -Be 2
    }

    It 'works on a job that was read before a reconnect' {
        $job = Get-Job 1 -Queue emails
        [void](Connect-JobServer $lab.Uri -Name c)
        ($job | Invoke-JobRetry -PassThru).Status | Should -Be 'Retried'
        Disconnect-JobServer c
        Get-ErrorId { $job | Invoke-JobRetry } | Should -Be 'ConnectionClosed'
    }

    It 'says what to name when nothing is named' {
        Get-ErrorId { Invoke-JobRetry } | Should -Be 'NoJobs'
        Get-ErrorId { Invoke-JobRetry 1 } | Should -Be 'QueueMissing'
        Get-ErrorId { Invoke-JobRetry -Queue nix } | Should -Be 'QueueNotFound'
        Get-ErrorId { Invoke-JobRetry -Queue emails -State bogus } | Should -Be 'InvalidState'
        Get-ErrorId { Invoke-JobRetry 1 -Queue emails -Reason x } | Should -Be 'ParameterConflict'
    }

    It 'refuses states other than failed and completed before it counts anything' {
        foreach ($states in 'waiting', @('failed', 'waiting'), 'cancelled') {
            $record = Get-ErrorOf { Invoke-JobRetry -Queue emails -State $states -WhatIf }
            $record.FullyQualifiedErrorId | Should -BeLike 'InvalidState,*'
            $record.ErrorDetails.RecommendedAction | Should -BeLike '*failed, completed*'
        }
    }

    It 'uses the default queue of the connection' {
        [void](Connect-JobServer $lab.Uri -Queue chat)
        (Invoke-JobRetry 2 -PassThru).Queue | Should -Be 'chat'
        (Invoke-JobRetry -PassThru).Count | Should -Be 2
    }
}

Describe 'The stream' {
    BeforeAll {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name c)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 1200 })
    }

    It 'paces with -Throttle within 3 per cent, evenly' {
        $jobs = Get-Job -Queue emails -State failed -First 300
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $jobs | Invoke-JobRetry -Throttle 150
        $rate = 300 / $watch.Elapsed.TotalSeconds
        $rate | Should -BeGreaterThan 145.5
        $rate | Should -BeLessThan 154.5
    }

    It 'paces a whole query too' {
        $watch = [Diagnostics.Stopwatch]::StartNew()
        Invoke-JobRetry -Queue emails -Max 200 -Throttle 100
        $watch.Elapsed.TotalSeconds | Should -BeGreaterThan 1.94
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 2.5
    }

    It 'sends a partial batch after a moment when no more jobs come' {
        $done = & {
            Get-Job -Queue emails -State failed -First 1
            Start-Sleep -Milliseconds 900
            (Get-Job -Queue emails -State failed | Measure-Object).Count
        } | ForEach-Object { if ($_ -is [int]) { $script:seen = $_ } else { $_ } } | Invoke-JobRetry -PassThru
        $done.Count | Should -Be 1
        $seen | Should -Be ((Get-Count).failed)
    }

    It 'stops within 200 ms, and says how many were done' {
        $stop = Measure-Stop 'Get-Job -Queue emails -State failed | Invoke-JobRetry -Throttle 40'
        $stop.WasRunning | Should -BeTrue
        $stop.Milliseconds | Should -BeLessThan 400
    }
}
