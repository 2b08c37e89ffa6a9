# -Checkpoint of what clears queues and puts jobs back: a run that breaks off is gone on with, and what has come since is left alone.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    $file = Join-Path $TestDrive 'run.jsonl'
    $log = { Get-Content $file | ForEach-Object { $_ | ConvertFrom-Json } }
    function Get-Count([string] $Queue) { Invoke-Peer @{ do = 'counts'; queue = $Queue } }
}
AfterAll { Stop-Lab }

Describe 'Clear-JobQueue with a checkpoint' {
    BeforeEach {
        Clear-Lab
        Remove-Item $file -ErrorAction Ignore
        [void](Connect-JobServer $lab.Uri -Name c)
    }

    It 'is killed again and again, deletes what was there at first, and nothing that has come since' {
        Add-FailedJob big 20000
        $command = "Clear-JobQueue big failed -Throttle 8000 -Checkpoint '$file' -Confirm:`$false"
        # It notes when it begins and when it has ended, nothing in between.
        (Start-Run $command $file 400).Killed | Should -BeTrue
        $left = (Get-Count big).failed
        $left | Should -BeGreaterThan 0
        $left | Should -BeLessThan 20000
        [void](Invoke-Peer @{ do = 'seed'; queue = 'big'; failed = 3 })
        (Start-Run $command $file).Ended | Should -BeTrue
        (Get-Count big).failed | Should -Be 3
        (Invoke-Redis keys 'bull:big:[0-9]*').Count | Should -Be 3
        (Start-Run $command $file).Output | Should -BeLike '*ended at *20,000 jobs*nothing left to do*'
        (Get-Count big).failed | Should -Be 3
    }

    It 'counts an age from the first start' {
        # When jobs of the queue failed, in milliseconds.
        function Set-Failed([long] $Time, [int[]] $Id) {
            foreach ($n in $Id) {
                [void](Invoke-Redis zadd bull:one:failed $Time $n)
                [void](Invoke-Redis hset "bull:one:$n" finishedOn $Time)
            }
        }
        [void](Invoke-Peer @{ do = 'seed'; queue = 'one'; failed = 8 })
        Set-Failed 1700000000000 1, 2, 3, 4, 5, 6
        $stop = Measure-Stop "Clear-JobQueue one failed -OlderThan 1h -Throttle 2 -Checkpoint '$file' -Confirm:`$false" 2500
        $stop.WasRunning | Should -BeTrue
        (Get-Count one).failed | Should -BeIn (3..7)
        # An hour ago by now, and not yet when it first started.
        Set-Failed ([DateTimeOffset]((& $log)[0].started)).AddHours(-1).AddMilliseconds(100).ToUnixTimeMilliseconds() 7, 8
        Clear-JobQueue one failed -OlderThan 1h -Checkpoint $file -Confirm:$false
        (Get-Count one).failed | Should -Be 2
        (& $log)[-1].end | Should -Not -BeNullOrEmpty
    }

    It 'counts -Max over all runs, and does not go back to a queue that it has cleared' {
        foreach ($queue in 'one', 'two') { [void](Invoke-Peer @{ do = 'seed'; queue = $queue; waiting = 5 }) }
        Clear-JobQueue one, two waiting -Max 7 -Checkpoint $file -Confirm:$false
        $lines = Get-Content $file
        ($lines | Select-Object -Skip 1 | ForEach-Object { $_ -replace '"end":.*', '"end"}' }) | Should -Be '{"queue":"one","matched":5}', '{"queue":"one","deleted":5}',
            '{"queue":"two","matched":5}', '{"queue":"two","deleted":2}', '{"end"}'
        # As if it had been killed in the second queue: 2 of 7 may still go there, one of them has gone, and the first queue is done with.
        $lines[0..3] | Set-Content $file
        $old = @{ timestamp = 1700000000000 }
        foreach ($queue in 'one', 'two') { [void](Invoke-Peer @{ do = 'add'; queue = $queue; opts = $old }) }
        Clear-JobQueue one, two waiting -Max 7 -Checkpoint $file -Confirm:$false
        (Get-Count one).waiting, (Get-Count two).waiting | Should -Be 1, 3
        # As if it had been killed when all had been done and the end was not noted yet.
        (Get-Content $file)[0..3] | Set-Content $file
        Clear-JobQueue one, two waiting -Max 7 -Checkpoint $file -Confirm:$false
        (Get-Count two).waiting | Should -Be 3
        (& $log)[-1].end | Should -Not -BeNullOrEmpty
    }

    It 'says with -WhatIf what is left, and writes nothing' {
        [void](Invoke-Peer @{ do = 'seed'; queue = 'one'; failed = 5 })
        Clear-JobQueue one failed -Checkpoint $file -WhatIf
        Test-Path $file | Should -BeFalse
        Clear-JobQueue one failed -Max 2 -Checkpoint $file -Confirm:$false
        (Get-Content $file)[0, 1] | Set-Content $file
        $before = Get-Content $file -Raw
        $run = Start-Run "Clear-JobQueue one failed -Max 2 -Checkpoint '$file' -WhatIf" $file
        $run.Output | Should -Not -BeLike '*What if*'
        (Get-Content $file)[0] -replace '"Max":"2"', '"Max":"4"' | Set-Content $file
        ($before -split '\n')[1] | Add-Content $file
        (Start-Run "Clear-JobQueue one failed -Max 4 -Checkpoint '$file' -WhatIf" $file).Output | Should -BeLike '*What if: Delete 2 failed jobs*'
        (Get-Count one).failed | Should -Be 3
        (Get-Content $file).Count | Should -Be 2
    }

    It 'has not ended when a queue failed or was not wanted' {
        [void](Invoke-Peer @{ do = 'seed'; queue = 'one'; failed = 2 })
        [void](Invoke-Peer @{ do = 'seed'; queue = 'two'; failed = 2 })
        Get-ErrorId { Clear-JobQueue one, two failed -Checkpoint $file -Backup (Join-Path $TestDrive 'no/such/folder/b') -Confirm:$false } | Should -Be 'FileNotWritten'
        (Get-Count one).failed + (Get-Count two).failed | Should -Be 4
        Get-Content $file -Raw | Should -Not -BeLike '*"end"*'
        Clear-JobQueue one, two failed -Checkpoint $file -Backup (Join-Path $TestDrive 'b.jsonl') -Confirm:$false
        (Get-Count one).failed + (Get-Count two).failed | Should -Be 0
        (& $log)[-1].end | Should -Not -BeNullOrEmpty
    }

    It 'is refused when it is of <Case>' -ForEach @(
        @{ Case = 'another state'; Line = 1; Script = { Clear-JobQueue one waiting -Checkpoint $file -Confirm:$false } }
        @{ Case = 'another command'; Line = 1; Script = { Invoke-JobRetry -Queue one -Checkpoint $file } }
        @{ Case = 'another kind within'; Line = 2; Script = { @(Get-Content $file)[0], '{"sent":1,"queue":"one","ids":["1"]}' | Set-Content $file; Clear-JobQueue one failed -Max 1 -Checkpoint $file -Confirm:$false } }
        @{ Case = 'a queue that was not begun'; Line = 2; Script = { @(Get-Content $file)[0], '{"queue":"one","deleted":1}' | Set-Content $file; Clear-JobQueue one failed -Max 1 -Checkpoint $file -Confirm:$false } }
    ) {
        [void](Invoke-Peer @{ do = 'seed'; queue = 'one'; failed = 3; waiting = 1 })
        Clear-JobQueue one failed -Max 1 -Checkpoint $file -Confirm:$false
        $record = Get-ErrorOf $Script
        $record.FullyQualifiedErrorId | Should -BeLike 'InvalidCheckpoint,*'
        "$record" | Should -BeLike "*refused at line ${Line}:*"
        (Get-Count one).failed, (Get-Count one).waiting | Should -Be 2, 1
    }
}

Describe 'Import-Job with a checkpoint' {
    BeforeEach {
        Clear-Lab
        Remove-Item $file -ErrorAction Ignore
        [void](Connect-JobServer $lab.Uri -Name c)
        $jobs = Join-Path $TestDrive "$([guid]::NewGuid()).jsonl"
    }

    # A worker removes what it has done: of a job that was put back and has run, nothing is left.
    It 'is killed again and again, and each job runs once' {
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'source'; count = 6000; opts = @{ removeOnComplete = $true } })
        Export-Job -Queue source -State waiting -Path $jobs
        [void](Invoke-Peer @{ do = 'startWorker'; queue = 'moved'; behave = @{ do = 'ok' }; opts = @{ concurrency = 50 } })
        $command = "Import-Job '$jobs' -NewName moved -Checkpoint '$file'"
        $kills = 0
        do {
            $run = Start-Run $command $file ($kills -lt 3 ? 30 * $kills : -1)
            if ($run.Killed) { $kills++ } else { $run.Ended | Should -BeTrue -Because $run.Errors }
        } until ($run.Ended)
        $kills | Should -BeGreaterThan 0
        [void](Invoke-Peer @{ do = 'idle'; queue = 'moved'; timeout = 60000 })
        $ran = Invoke-Peer @{ do = 'stopWorker'; queue = 'moved' }
        $ran.Count | Should -Be 6000
        @($ran.id | Sort-Object -Unique).Count | Should -Be 6000
        (Start-Run $command $file).Output | Should -BeLike '*6,000 records*nothing left to do*'
    }

    Context 'broken off after the first of its records' {
        BeforeEach {
            [void](Invoke-Peer @{ do = 'addMany'; queue = 'source'; count = 600; opts = @{ removeOnComplete = $true } })
            Export-Job -Queue source -State waiting -Path $jobs
            [void](Invoke-Redis flushall)
            [void](Invoke-Peer @{ do = 'add'; queue = 'moved'; opts = @{ jobId = 'first' } })
            Import-Job $jobs -NewName moved -Checkpoint $file
            # As if it had been killed behind the record of 1 to 500, before the others were sent.
            (Get-Content $file)[0, 1, 2] | Set-Content $file
            501..600 | ForEach-Object { "$_" } | Remove-Job -Queue moved -Confirm:$false
        }

        It 'puts back what no event tells of' {
            (Get-Count moved).waiting | Should -Be 501
            # The removal is told of, so it counts as done by somebody else.
            Import-Job $jobs -NewName moved -Checkpoint $file
            (Get-Count moved).waiting | Should -Be 501
        }

        It 'puts back what can not have run when events are gone, since a job before it still waits' {
            [void](Invoke-Redis xtrim bull:moved:events MAXLEN 0)
            $result = Import-Job $jobs -NewName moved -Checkpoint $file -PassThru
            $result.Added, $result.Refused | Should -Be 100, 0
            (Get-Count moved).waiting | Should -Be 601
            (& $log)[-1].end | Should -Not -BeNullOrEmpty
        }

        It 'leaves out what may have run when events are gone, and names it' {
            [void](Invoke-Peer @{ do = 'work'; queue = 'moved'; behave = @{ do = 'ok' } })
            (Get-Count moved).waiting | Should -Be 0
            [void](Invoke-Redis xtrim bull:moved:events MAXLEN 0)
            $result = Import-Job $jobs -NewName moved -Checkpoint $file -PassThru -ErrorAction SilentlyContinue -ErrorVariable lost
            $result.Added, $result.Refused | Should -Be 0, 100
            ($lost[0].FullyQualifiedErrorId -split ',')[0] | Should -Be 'OutcomeUnknown'
            "$($lost[0])" | Should -BeLike 'Job 501 in queue moved may not have been imported: *'
            (Get-Count moved).waiting | Should -Be 0
        }
    }

    It 'knows a file by what is in it, and goes on with the next one' {
        foreach ($n in 1, 2) {
            [void](Invoke-Peer @{ do = 'seed'; queue = "q$n"; failed = 3 })
            Export-Job -Queue "q$n" -State failed -Path "$jobs.$n"
        }
        [void](Invoke-Redis flushall)
        # The second file is not there yet, and the run has not ended.
        Get-ErrorId { Import-Job "$jobs.1", "$jobs.3" -Checkpoint $file } | Should -Be 'FileNotRead'
        (& $log)[-1].records | Should -Be 3
        [void](Invoke-Redis flushall)
        Rename-Item "$jobs.1" "$jobs.other"
        $results = Import-Job "$jobs.other", "$jobs.2" -Checkpoint $file -PassThru
        $results.Path | Should -Be "$jobs.2"
        (Get-Count q1).failed, (Get-Count q2).failed | Should -Be 0, 3
        Get-ErrorId { Import-Job "$jobs.2" -Force -Checkpoint $file } | Should -Be 'InvalidCheckpoint'
    }

    It 'says with -WhatIf what is left, and writes nothing' {
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'source'; count = 600 })
        Export-Job -Queue source -State waiting -Path $jobs
        Import-Job $jobs -NewName moved -Checkpoint $file -WhatIf
        Test-Path $file | Should -BeFalse
        Import-Job $jobs -NewName moved -Checkpoint $file
        (Get-Content $file)[0, 1, 2] | Set-Content $file
        (Start-Run "Import-Job '$jobs' -NewName moved -Checkpoint '$file' -WhatIf" $file).Output | Should -BeLike '*What if: Import 100 records*'
        (Get-Content $file).Count | Should -Be 3
    }
}
