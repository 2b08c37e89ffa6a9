# Wait-Job on queue jobs, with real workers.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    function Add-TestJob([hashtable] $Data = @{}, [hashtable] $Opts = @{}, [string] $Queue = 'emails') {
        Invoke-Peer @{ do = 'add'; queue = $Queue; name = 'job'; data = $Data; opts = $Opts }
    }

    # Works a queue off while somebody has waited for some seconds already; gives what does it, and what it ends with.
    function Start-LateWork {
        $worker = [powershell]::Create().AddScript({ param($port, $folder)
                Start-Sleep 6
                node "$folder/peer.mjs" "{`"do`":`"work`",`"queue`":`"emails`",`"port`":$port}"
            }).AddArgument($lab.Port).AddArgument("$PSScriptRoot/../peers")
        $worker, $worker.BeginInvoke()
    }
}
AfterAll { Stop-Lab }

Describe 'Wait-Job' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        $ProgressPreference = 'SilentlyContinue'
    }

    It 'writes each job when it has finished' {
        $ids = 1..4 | ForEach-Object { Add-TestJob @{ ms = 100 * $_; result = @{ n = $_ } } }
        [void](Invoke-Peer @{ do = 'startWorker'; queue = 'emails'; opts = @{ concurrency = 4 } })
        $jobs = Wait-Job $ids -Queue emails -Timeout 20
        $jobs.Count | Should -Be 4
        $jobs.State | Select-Object -Unique | Should -Be 'Completed'
        $jobs.Id | Should -Be $ids
        $jobs[2].ReturnValue.n | Should -Be 3
    }

    It 'is woken by events, well before it looks again' {
        $id = Add-TestJob @{ ms = 10 }
        $worker, $handle = Start-LateWork
        $job = Wait-Job $id -Queue emails -Timeout 30
        ([DateTimeOffset]::UtcNow - $job.FinishedOn).TotalMilliseconds | Should -BeLessThan 900
        $worker.EndInvoke($handle)
        $worker.Dispose()
    }

    It 'is woken by events of its queue also where those of another can''t be read' {
        $other = Add-TestJob -Queue odd
        [void](Invoke-Redis del bull:odd:events)
        [void](Invoke-Redis set bull:odd:events text)
        $id = Add-TestJob @{ ms = 10 }
        $worker, $handle = Start-LateWork
        $job = [pscustomobject]@{ Queue = 'odd'; Id = $other }, [pscustomobject]@{ Queue = 'emails'; Id = $id } | Wait-Job -Any -Timeout 30
        $job.Id | Should -Be $id
        ([DateTimeOffset]::UtcNow - $job.FinishedOn).TotalMilliseconds | Should -BeLessThan 900
        $worker.EndInvoke($handle)
        $worker.Dispose()
    }

    It 'takes failed for finished, and says so when completed is wanted' {
        $id = Add-TestJob @{ do = 'fail'; reason = 'no luck' }
        [void](Invoke-Peer @{ do = 'work'; queue = 'emails' })
        (Wait-Job $id -Queue emails -Timeout 10).State | Should -Be 'Failed'
        $record = Get-ErrorOf { Wait-Job $id -Queue emails -For completed -Timeout 10 }
        $record.FullyQualifiedErrorId | Should -BeLike 'JobFailed,*'
        "$record" | Should -BeLike '*no luck*'
    }

    It 'waits for a given state' {
        $id = Add-TestJob
        (Wait-Job $id -Queue emails -For waiting -Timeout 5).State | Should -Be 'Waiting'
        [void](Invoke-Peer @{ do = 'take'; queue = 'emails' })
        (Wait-Job $id -Queue emails -For active, delayed -Timeout 5).State | Should -Be 'Active'
        Get-ErrorId { Wait-Job $id -Queue emails -For soon } | Should -Be 'InvalidState'
    }

    It 'names the jobs that are left when the time is over' {
        $ids = 1..3 | ForEach-Object { Add-TestJob }
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $record = Get-ErrorOf { Wait-Job $ids -Queue emails -Timeout 0.7 }
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 2
        $record.FullyQualifiedErrorId | Should -BeLike 'WaitTimeout,*'
        $record.TargetObject | Should -Be $ids
        "$record" | Should -BeLike '*3 of 3 jobs*1 (waiting)*'
    }

    It 'refuses a time that no timer can wait: <_>' -ForEach '60d', ([timespan]::MaxValue), 1e12 {
        $time = $_
        Get-ErrorId { JobAdmin\Wait-Job 1 -Queue emails -Timeout $time } | Should -Be 'ParameterArgumentTransformationError'
        Get-ErrorId { JobAdmin\Receive-Job 1 -Queue emails -Wait -Timeout $time } | Should -Be 'ParameterArgumentTransformationError'
        Get-ErrorId { Watch-JobEvent -Timeout $time } | Should -Be 'ParameterArgumentTransformationError'
        Get-ErrorId { Watch-JobQueue -Interval $time } | Should -Be 'ParameterArgumentTransformationError'
    }

    It 'ends with the first job under -Any' {
        $slow = Add-TestJob -Queue slow
        $fast = Add-TestJob
        [void](Invoke-Peer @{ do = 'work'; queue = 'emails' })
        (@([pscustomobject]@{ Queue = 'slow'; Id = $slow }, [pscustomobject]@{ Queue = 'emails'; Id = $fast }) | Wait-Job -Any -Timeout 10).Queue | Should -Be 'emails'
    }

    It 'waits for a job that is not kept' {
        $id = Add-TestJob @{ ms = 400; result = 'gone' } @{ removeOnComplete = $true }
        [void](Invoke-Peer @{ do = 'startWorker'; queue = 'emails' })
        $job = Wait-Job $id -Queue emails -Timeout 10
        $job.State | Should -Be 'Completed'
        $job.ReturnValue | Should -Be 'gone'
    }

    It 'learns how a job ended that was gone before it began to wait' {
        [void](Invoke-Peer @{ do = 'startWorker'; queue = 'emails' })
        foreach ($n in 1..6) {
            $job = New-Job job @{ result = $n } -Queue emails -KeepCompleted 0 -PassThru | ForEach-Object { Start-Sleep -Milliseconds 100; $_ } | Wait-Job -Timeout 10
            $job.State | Should -Be 'Completed'
            $job.ReturnValue | Should -Be $n
        }
    }

    It 'learns how a retried job ended that was gone before it began to wait' {
        $id = Add-TestJob @{ do = 'fail'; times = 1; result = 'gone' } @{ removeOnComplete = $true }
        [void](Invoke-Peer @{ do = 'work'; queue = 'emails' })
        [void](Invoke-Peer @{ do = 'startWorker'; queue = 'emails' })
        $job = Get-Job -Queue emails -State failed -First 1 | Invoke-JobRetry -PassThru | ForEach-Object { Start-Sleep -Milliseconds 300; $_ } | Wait-Job -Timeout 10
        $job.Id | Should -Be $id
        $job.State | Should -Be 'Completed'
        $job.ReturnValue | Should -Be 'gone'
        (Get-ErrorOf { Wait-Job $id -Queue emails -For active -Timeout 10 }).FullyQualifiedErrorId | Should -BeLike 'InvalidJobState,*'
    }

    It 'does not take the end of an earlier run for that of a job which was removed' {
        [void](Add-TestJob @{} @{ jobId = 'once'; removeOnComplete = $true })
        [void](Invoke-Peer @{ do = 'work'; queue = 'emails' })
        [void](Add-TestJob @{} @{ jobId = 'once' })
        Remove-Job once -Queue emails -Confirm:$false
        Get-ErrorId { Wait-Job once -Queue emails -Timeout 5 } | Should -Be 'JobNotFound'
    }

    It 'says that a job is not there, and waits for the others' {
        $id = Add-TestJob
        [void](Invoke-Peer @{ do = 'work'; queue = 'emails' })
        $jobs = Wait-Job 999, $id -Queue emails -Timeout 10 -ErrorAction SilentlyContinue -ErrorVariable problem
        $jobs.Id | Should -Be $id
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'JobNotFound,*'
    }

    It 'makes one error of a queue that is gone, and waits for the jobs of others' {
        $id = Add-TestJob @{ ms = 300 }
        [void](Invoke-Peer @{ do = 'startWorker'; queue = 'emails' })
        $errors = $null
        $rows = 'Queue,Id', 'gone,1', 'gone,2', "emails,$id", 'no:queue,1' | ConvertFrom-Csv
        ($rows | Wait-Job -Timeout 10 -ErrorAction SilentlyContinue -ErrorVariable errors).State | Should -Be Completed
        $errors | Should -HaveCount 2
        "$($errors[0])" | Should -BeLike "*There is no queue 'gone'*"
        Get-ErrorId { Wait-Job 1 -Queue gone -Timeout 10 } | Should -Be QueueNotFound
    }

    It 'follows a retry in the pipeline' {
        $id = Add-TestJob @{ do = 'fail'; times = 1 }
        [void](Invoke-Peer @{ do = 'work'; queue = 'emails' })
        [void](Invoke-Peer @{ do = 'startWorker'; queue = 'emails' })
        (Get-Job -Queue emails -State failed | Invoke-JobRetry -PassThru | Wait-Job -Timeout 10).State | Should -Be 'Completed'
    }

    It 'shows how far the jobs are' {
        $id = Add-TestJob @{ ms = 2500; progress = @(40) }
        [void](Invoke-Peer @{ do = 'startWorker'; queue = 'emails' })
        $shell = [powershell]::Create()
        [void]$shell.AddScript("Import-Module '$(Get-Manifest)'; Connect-JobServer $($lab.Uri) | Out-Null; Wait-Job $id -Queue emails -Timeout 10")
        $shell.Invoke().Id | Should -Be $id
        $bars = $shell.Streams.Progress
        $bars | Where-Object Activity -EQ 'Waiting for jobs' | Should -Not -BeNullOrEmpty
        ($bars | Where-Object Activity -EQ "job $id in queue emails").PercentComplete | Should -Contain 40
        ($bars | Where-Object Activity -EQ 'Waiting for jobs')[-1].RecordType | Should -Be 'Completed'
        $shell.Dispose()
    }

    It 'stops within 200 ms' {
        $id = Add-TestJob
        $stop = Measure-Stop "Wait-Job $id -Queue emails"
        $stop.WasRunning | Should -BeTrue
        $stop.Milliseconds | Should -BeLessThan 400
    }
}
