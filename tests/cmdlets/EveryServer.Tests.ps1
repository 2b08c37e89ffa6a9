# The same commands on every server that can: BullMQ on Redis, and the five HTTP admin APIs.
BeforeDiscovery {
    Import-Module $PSScriptRoot/_Servers.psm1 -Force
    $kinds = Get-ServerKind | ForEach-Object { $_ + @{ Title = $_['Served'] ? "our server, by $($_.Kind)'s API" : $_.Kind } }
}
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    Import-Module $PSScriptRoot/_Servers.psm1 -Force
}

Describe 'on <Title>' -ForEach $kinds {
    BeforeAll { $server = Start-TestServer $Kind ([bool]$Served) }
    AfterAll { Stop-TestServer }

    Context 'reading' {
        BeforeAll {
            Reset-TestServer
            $failed = @(Add-TestJob @{ failed = 6; names = @('send', 'resize'); reasons = @('SMTP timeout', 'ENOENT: no such file') } failed)
            $completed = @(Add-TestJob @{ completed = 3; names = @('send') } completed)
            [void](Add-TestJob @{ waiting = 2; names = @('send') } waiting)
        }

        It 'lists jobs of a state, each with its queue, name and connection' -Skip:(-not $Lists) {
            $jobs = Get-Job -Queue $Queue -State failed
            $jobs.Count | Should -Be 6
            $jobs.State | Select-Object -Unique | Should -Be Failed
            $jobs.Queue | Select-Object -Unique | Should -Be $Queue
            $jobs.Connection | Select-Object -Unique | Should -Be it
            $jobs.RawState | Should -Not -BeNullOrEmpty
            $jobs.Id | Sort-Object | Should -Be ($failed | Sort-Object)
            $jobs[0].Timestamp.Offset | Should -Be ([timespan]0)
            (Get-Job -Queue $Queue -State completed, waiting).Count | Should -Be 5
            Get-Job -Queue $Queue -State delayed | Should -BeNullOrEmpty
        }

        It 'lists as much as is asked for, in the order that is asked for' -Skip:(-not $Lists) {
            (Get-Job -Queue $Queue -State failed -First 2).Id | Should -Be $failed[5], $failed[4]
            (Get-Job -Queue $Queue -State failed -First 2 -Skip 1).Id | Should -Be $failed[4], $failed[3]
            (Get-Job -Queue $Queue -State failed -Newest 3).Id | Should -Be $failed[5], $failed[4], $failed[3]
            (Get-Job -Queue $Queue -State failed -Oldest 2).Id | Should -Be $failed[0], $failed[1]
            (Get-Job -Queue $Queue -State failed | Select-Object -First 1).Id | Should -Be $failed[5]
        }

        It 'filters by name and time' -Skip:(-not $Lists) {
            (Get-Job -Queue $Queue -State failed -Name RE*).Name | Should -Be resize, resize, resize
            Get-Job -Queue $Queue -State failed -OlderThan 1d | Should -BeNullOrEmpty
            (Get-Job -Queue $Queue -State failed -NewerThan 1d).Count | Should -Be 6
        }

        It 'filters by reason and groups by it' -Skip:(-not $Lists -or $Kind -eq 'Mcrit') {
            (Get-Job -Queue $Queue -State failed -Reason *timeout*).Count | Should -Be 3
            $groups = Get-JobFailure $Queue
            $groups | ForEach-Object Count | Should -Be 3, 3
        }

        It 'shows queues with their counts' -Skip:(-not $Lists) {
            $info = Get-JobQueue $Queue
            $info.Failed, $info.Completed, $info.Waiting | Should -Be 6, 3, 2
            (Get-JobQueue).Name | Should -Contain $Queue
            Get-ErrorId { Get-JobQueue no-such-queue } | Should -Be QueueNotFound
        }

        It 'finds jobs by id, and makes one error of one that is not there' {
            $jobs = Get-Job $failed[0], not-there, $completed[0] -Queue $Queue -ErrorAction SilentlyContinue -ErrorVariable problem
            $jobs.Id | Should -Be $failed[0], $completed[0]
            $jobs.State | Should -Be Failed, Completed
            $problem.Count | Should -Be 1
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'JobNotFound,*'
        }

        It 'finds jobs by what they are like' -Skip:(-not $Lists) {
            (Find-Job -Queue $Queue -Name *esiz*).Count | Should -Be 3
            (Find-Job -Queue $Queue -Name *esiz* -First 2).Count | Should -Be 2
            (Find-Job -Queue $Queue -Id $failed[2]).Id | Should -Be $failed[2]
            (Find-Job -Id $failed[2] -First 1).Id | Should -Be $failed[2]
            $number = (Get-Job $completed[1] -Queue $Queue -IncludeData).Data.n
            (Find-Job "`$.n=$number" -Queue $Queue -State completed).Id | Should -Be $completed[1]
            (Find-Job "`"n`":*$number" -Queue $Queue -State completed).Id | Should -Contain $completed[1]
        }

        It 'reads the data when asked' -Skip:($Kind -eq 'FifthElement') {
            (Get-Job $failed[0] -Queue $Queue).Data.n | Should -Not -BeNullOrEmpty
            if ($Lists) { (Get-Job -Queue $Queue -State completed -IncludeData).Data.n | Should -HaveCount 3 }
        }

        It 'shows jobs and queues in 80 and 120 columns' {
            foreach ($width in 80, 120) {
                $text = Get-Job $failed[0], $completed[0] -Queue $Queue | Out-String -Width $width
                $text | Should -Match 'Completed'
                $text -split "`n" | ForEach-Object { $_.TrimEnd().Length | Should -BeLessOrEqual $width }
                Get-Job $failed[0] -Queue $Queue | Format-List | Out-String -Width $width | Should -Match 'failed'
                Get-JobServer | Format-List | Out-String -Width $width | Should -Match GetJob
            }
        }

        It 'never shows the key' -Skip:($Kind -eq 'Redis') {
            $shown = & {
                Connect-JobServer $server.Uri -Api $Kind -Key $server.Key -Name it -Debug -Verbose -WarningAction Ignore | Format-List * -Force
                Get-Job $failed[0] -Queue $Queue -Debug -Verbose; Get-JobServer | Format-List * -Force; Test-JobServer | Format-List *
            } *>&1 | Out-String -Width 500
            $shown | Should -Match '-> 200'
            $shown | Should -Not -Match $server.Key
        }

        It 'tests the server' {
            $report = Test-JobServer
            $report.Reachable | Should -BeTrue
            $report.RoundTrip | Should -Not -BeNullOrEmpty
            $report.Kind | Should -Be $Kind
        }
    }

    Context 'changing' {
        BeforeEach {
            Reset-TestServer
            [void](Get-Request)
        }

        It 'retries what is piped, in order, and it is so on the server' -Skip:(-not $Retries) {
            $failed = @(Add-TestJob @{ failed = 20 } failed)
            $outcomes = $failed | ForEach-Object { [pscustomobject]@{ Queue = $Queue; Id = $_ } } | Invoke-JobRetry -PassThru
            $outcomes.Id | Should -Be $failed
            $outcomes.Status | Select-Object -Unique | Should -Be Retried
            if ($Kind -ne 'Redis') { Get-ChangeRequest | Should -Not -BeNullOrEmpty }
            Get-TestCount waiting | Should -Be 20
            if ($Kind -ne 'FifthElement') { Get-TestCount failed | Should -Be 0 }
        }

        It 'retries all that failed' -Skip:(-not $Retries -or -not $Lists) {
            [void](Add-TestJob @{ failed = 7; completed = 1 })
            Invoke-JobRetry -Queue $Queue | Should -BeNullOrEmpty
            Get-TestCount failed | Should -Be 0
            Get-TestCount waiting | Should -Be 7
            (Invoke-JobRetry -Queue $Queue -PassThru) | Should -BeNullOrEmpty
        }

        It 'retries as many as asked for, oldest first' -Skip:(-not $Retries -or -not $Lists) {
            $failed = @(Add-TestJob @{ failed = 4 } failed)
            (Invoke-JobRetry -Queue $Queue -Max 2 -PassThru).Id | Sort-Object | Should -Be ($failed[0, 1] | Sort-Object)
            Get-TestCount failed | Should -Be 2
        }

        It 'makes one error of one bad job and goes on' -Skip:(-not $Retries) {
            $failed = @(Add-TestJob @{ failed = 2 } failed)
            $waiting = @(Add-TestJob @{ waiting = 1 } waiting)
            $outcomes = Invoke-JobRetry $failed[0], not-there, $waiting[0], $failed[1] -Queue $Queue -PassThru -ErrorAction SilentlyContinue -ErrorVariable problem
            $outcomes.Status[0, 3] | Should -Be Retried, Retried
            $outcomes.Status[1] | Should -Be NotFound
            $problem.Count | Should -Be 2
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'JobNotFound,*'
            $problem[1].FullyQualifiedErrorId | Should -BeLike 'InvalidJobState,*'
        }

        It 'says how many it would change with -WhatIf, and sends no change' -Skip:(-not $Lists -or -not ($Retries -or $Removes)) {
            [void](Add-TestJob @{ failed = 3 })
            $connect = if ($Kind -eq 'Redis') { "Connect-JobServer $($server.Uri)" } else { "Connect-JobServer $($server.Uri) -Api $Kind -Key $($server.Key) -WarningAction Ignore" }
            $commands = @(if ($Retries) { "Invoke-JobRetry -Queue $Queue -WhatIf" }; if ($Removes) { "Remove-Job -Queue $Queue -State failed -WhatIf"; "Clear-JobQueue $Queue -State failed -WhatIf" })
            $said = pwsh -NoProfile -NonInteractive -Command "Import-Module '$(Get-Manifest)'; `$null = $connect; $($commands -join ';')"
            if ($Retries) { $said | Should -Contain "What if: Retry 3 failed jobs in queue $Queue" }
            if ($Removes) { $said | Should -Contain "What if: Delete 3 failed jobs in queue $Queue"; $said | Should -Contain "What if: Delete 3 failed jobs of queue $Queue" }
            Get-ChangeRequest | Should -BeNullOrEmpty
            Get-TestCount failed | Should -Be 3
        }

        It 'refuses every change on a -ReadOnly connection before it is sent' -Skip:(-not ($Retries -or $Removes)) {
            $failed = @(Add-TestJob @{ failed = 1 } failed)
            Connect-TestServer @{ ReadOnly = $true }
            [void](Get-Request)
            if ($Retries) { Get-ErrorId { Invoke-JobRetry $failed -Queue $Queue -ErrorAction Stop } | Should -Be ReadOnlyConnection }
            if ($Removes) { Get-ErrorId { Remove-Job $failed -Queue $Queue -Confirm:$false -ErrorAction Stop } | Should -Be ReadOnlyConnection }
            Get-ChangeRequest | Should -BeNullOrEmpty
        }

        It 'deletes jobs' -Skip:(-not $Removes) {
            $failed = @(Add-TestJob @{ failed = 3 } failed)
            (Get-Job $failed[0] -Queue $Queue | Remove-Job -PassThru -Confirm:$false).Status | Should -Be Removed
            Get-TestCount failed | Should -Be 2
            Remove-Job -Queue $Queue -State failed -Confirm:$false
            Get-TestCount failed | Should -Be 0
            Get-ErrorId { Remove-Job ('f' * 24) -Queue $Queue -Confirm:$false } | Should -Be JobNotFound
        }

        It 'clears a queue' -Skip:(-not $Removes) {
            [void](Add-TestJob @{ failed = 3; completed = 4; waiting = 1 })
            (Clear-JobQueue $Queue -State completed -Confirm:$false -PassThru).Removed | Should -Be 4
            Clear-JobQueue $Queue -State failed -OlderThan 1d -Confirm:$false
            Get-TestCount failed | Should -Be 3
            Clear-JobQueue $Queue -State failed -Confirm:$false
            Get-TestCount failed | Should -Be 0
            Get-TestCount waiting | Should -Be 1
        }

        It 'goes on with clearing a queue' -Skip:(-not $Removes) {
            [void](Add-TestJob @{ failed = 3 })
            # A server that tells its time in whole seconds leaves what finished within the last one before the start.
            Start-Sleep -Milliseconds 1500
            $run = "$TestDrive/$([guid]::NewGuid())"
            Clear-JobQueue $Queue -State failed -Max 2 -Checkpoint $run -Confirm:$false
            Get-TestCount failed | Should -Be 1
            (Get-Content $run)[0, 1] | Set-Content $run
            Clear-JobQueue $Queue -State failed -Max 2 -Checkpoint $run -Confirm:$false
            Get-TestCount failed | Should -Be 1
            Clear-JobQueue $Queue -State failed -Checkpoint "$run.all" -Confirm:$false
            Get-TestCount failed | Should -Be 0
        }

        It 'starts delayed jobs now' -Skip:(-not $Promotes) {
            $delayed = @(Add-TestJob @{ delayed = 4 } delayed)
            (Invoke-JobPromotion $delayed[0] -Queue $Queue -PassThru).Status | Should -Be Promoted
            Invoke-JobPromotion -Queue $Queue
            Get-TestCount delayed | Should -Be 0
            Get-TestCount waiting | Should -Be 4
        }

        It 'keeps jobs from running' -Skip:(-not $Stops) {
            $ids = @(Add-TestJob @{ $Stops = 2 } $Stops)
            $outcomes = Stop-Job $ids -Queue $Queue -PassThru -Confirm:$false -WarningAction SilentlyContinue
            $outcomes.Status | Select-Object -Unique | Should -BeIn Stopped, StopRequested
        }

        It 'adds jobs' -Skip:(-not $Adds) {
            $added = 1..3 | ForEach-Object { @{ to = "user$_@example.org" } } | New-Job send -Queue $Queue -PassThru
            $added.Status | Should -Be Added, Added, Added
            Get-TestCount waiting | Should -Be 3
            (Get-Job $added[1].Id -Queue $Queue).Data.to | Should -Be 'user2@example.org'
            (New-Job send @{} -Queue $Queue -Delay 1h -Priority 3 -Attempts 5 -Id mine -PassThru).Id | Should -Be mine
            Get-ErrorId { New-Job send @{} -Queue $Queue -Id mine } | Should -Be JobExists
            $job = Get-Job mine -Queue $Queue
            $job.State, $job.Attempts | Should -Be Delayed, 5
        }

        It 'changes data and priority' -Skip:(-not $Adds) {
            $id = @(Add-TestJob @{ waiting = 1 } waiting)[0]
            (Set-Job $id -Queue $Queue -Data @{ to = 'other@example.org' } -PassThru).Status | Should -Be Updated
            (Get-Job $id -Queue $Queue).Data.to | Should -Be 'other@example.org'
            Set-Job $id -Queue $Queue -Priority 7
            (Get-Job $id -Queue $Queue).Priority | Should -Be 7
        }

        It 'copies jobs' -Skip:(-not $Adds) {
            $id = @(Add-TestJob @{ failed = 1 } failed)[0]
            $copy = Get-Job $id -Queue $Queue | Copy-Job -PassThru
            $copy.Status | Should -Be Added
            (Get-Job $copy.NewId -Queue $Queue).Data.n | Should -Be (Get-Job $id -Queue $Queue).Data.n
        }
    }

    Context 'waiting and watching' {
        BeforeEach { Reset-TestServer }

        It 'waits until a job has finished' {
            $id = @(Add-TestJob @{ waiting = 1 } waiting)[0]
            $waiting = Start-ThreadJob -ArgumentList (Get-JobServer it), $Queue, $id, (Get-Manifest) {
                param($connection, $queue, $id, $manifest)
                Import-Module $manifest
                JobAdmin\Wait-Job $id -Queue $queue -Connection $connection -Timeout 60
            }
            Start-Sleep -Milliseconds 300
            Move-TestJob $id completed
            $job = $waiting | Microsoft.PowerShell.Core\Receive-Job -Wait -AutoRemoveJob
            $job.State | Should -Be Completed
        }

        It 'says that a job failed, and that the time is over' {
            $failed = @(Add-TestJob @{ failed = 1; reasons = @('no space left') } failed)[0]
            Get-ErrorId { Wait-Job $failed -Queue $Queue -For completed -Timeout 10 } | Should -Be JobFailed
            $waiting = @(Add-TestJob @{ waiting = 1 } waiting)[0]
            Get-ErrorId { Wait-Job $waiting -Queue $Queue -Timeout 300ms } | Should -Be WaitTimeout
        }

        It 'gives what jobs returned' -Skip:(-not $Results) {
            $id = @(Add-TestJob @{ waiting = 1 } waiting)[0]
            Move-TestJob $id completed @{ result = @{ sent = 3 } }
            (Receive-Job $id -Queue $Queue).sent | Should -Be 3
            (Get-Job $id -Queue $Queue | Receive-Job).sent | Should -Be 3
            $failed = @(Add-TestJob @{ failed = 1 } failed)[0]
            Get-ErrorId { Receive-Job $failed -Queue $Queue } | Should -Be JobFailed
        }

        It 'reports what happens' -Skip:(-not $Events) {
            $id = @(Add-TestJob @{ waiting = 1 } waiting)[0]
            $watching = Start-ThreadJob -ArgumentList (Get-JobServer it), $Queue, (Get-Manifest) {
                param($connection, $queue, $manifest)
                Import-Module $manifest
                'ready'
                JobAdmin\Watch-JobEvent $queue -Connection $connection -Event completed -Count 1 -Timeout 60 -PollInterval 300ms
            }
            # The watch begins in its own time: jobs are finished until it has seen one.
            for ($i = 0; $i -lt 40 -and $watching.State -in 'NotStarted', 'Running'; $i++) {
                Start-Sleep -Milliseconds 500
                Move-TestJob $id completed
                $id = @(Add-TestJob @{ waiting = 1 } waiting)[-1]
            }
            $seen = $watching | Microsoft.PowerShell.Core\Receive-Job -Wait -AutoRemoveJob | Where-Object { $_ -ne 'ready' }
            $seen.Event | Should -Be completed
            $seen.Queue | Should -Be $Queue
            $seen.Connection | Should -Be it
        }
    }
}
