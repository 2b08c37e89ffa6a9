# Measure-JobQueue on queues that real workers of both versions have worked on.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
}
AfterAll { Stop-Lab }

Describe 'Measure-JobQueue with <Lib>' -ForEach @{ Lib = 'bullmq5' }, @{ Lib = 'bullmq' } {
    BeforeAll {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'addMany'; lib = $Lib; queue = 'mail'; count = 30; name = 'slow'; data = @{ ms = 20 } })
        [void](Invoke-Peer @{ do = 'addMany'; lib = $Lib; queue = 'mail'; count = 10; name = 'bad'; data = @{ do = 'fail' } })
        [void](Invoke-Peer @{ do = 'addMany'; lib = $Lib; queue = 'mail'; count = 10; name = 'gone'; opts = @{ removeOnComplete = $true } })
        [void](Invoke-Peer @{ do = 'addMany'; lib = $Lib; queue = 'mail'; count = 3; name = 'later'; opts = @{ delay = 400 } })
        [void](Invoke-Peer @{ do = 'work'; lib = $Lib; queue = 'mail'; delayed = $true; opts = @{ concurrency = 5 } })
        [void](Invoke-Peer @{ do = 'addMany'; lib = $Lib; queue = 'mail'; count = 4; name = 'slow' })
    }

    It 'counts what came and went, and what waits' {
        $measure = Measure-JobQueue mail
        $measure.Source, $measure.IsTrimmed, $measure.IsCut | Should -Be Events, $false, $false
        $measure.Added, $measure.Completed, $measure.Failed, $measure.Stalled, $measure.Waiting | Should -Be 57, 43, 10, 0, 4
        $measure.FailureRate | Should -Be (10 / 53)
        $measure.OutPerSecond | Should -BeGreaterThan (53 / 3700)
        $measure.OutPerSecond | Should -BeLessOrEqual (53 / 3600)
        $measure.GrowthPerSecond | Should -BeGreaterThan 0
        $measure.TimeUntilEmpty | Should -BeNullOrEmpty
        $measure.Span.TotalMinutes | Should -BeGreaterOrEqual 60
    }

    It 'knows how long jobs waited and ran' {
        $measure = Measure-JobQueue mail
        $measure.WaitSample, $measure.RunSample | Should -Be 53, 53
        $measure.RunP95 | Should -BeGreaterOrEqual ([timespan]::FromMilliseconds(19))
        $measure.RunP50 | Should -BeLessOrEqual $measure.RunP95
        $measure.RunP95 | Should -BeLessOrEqual $measure.RunP99
        $measure.RunP99 | Should -BeLessOrEqual $measure.RunMax
        $measure.GetRunPercentile(100) | Should -Be $measure.RunMax
        $measure.GetWaitPercentile(50) | Should -Be $measure.WaitP50
    }

    It 'tells the job names apart' {
        $byName = @{}
        Measure-JobQueue mail -ByName | ForEach-Object { $byName[$_.Name] = $_ }
        $byName.Keys | Sort-Object | Should -Be bad, gone, later, slow
        $byName.bad.FailureRate, $byName.gone.Completed, $byName.slow.Waiting | Should -Be 1, 10, 4
        # Delayed jobs wait from the end of their delay.
        $byName.later.WaitMax | Should -BeLessThan $byName.slow.To.Subtract($byName.slow.From)
        $byName.slow.RunP50 | Should -BeGreaterOrEqual ([timespan]::FromMilliseconds(19))
        $byName.bad.TimeUntilEmpty | Should -Be ([timespan]::Zero)
    }

    It 'agrees with itself when it measures by the jobs, but for those that were not kept' {
        $events, $jobs = 'Events', 'Jobs' | ForEach-Object { Measure-JobQueue mail -Source $_ }
        $jobs.Source, $jobs.Completed, $jobs.Failed, $jobs.Added | Should -Be Jobs, 33, 10, 47
        "$($jobs.Notes)" | Should -BeLike '*not counted*'
        $jobs.RunMax.TotalMilliseconds - $events.RunMax.TotalMilliseconds | Should -BeLessThan 1000
    }

    It 'says that the server has dropped older events' {
        $first = (Measure-JobQueue mail).From
        [void](Invoke-Redis xtrim bull:mail:events MAXLEN 40)
        $measure = Measure-JobQueue mail
        $measure.IsTrimmed | Should -BeTrue
        $measure.From | Should -BeGreaterThan $first
        $measure.Sample | Should -Be 40
        "$($measure.Notes)" | Should -BeLike '*keeps no older events*'
        $measure | Format-List | Out-String | Should -BeLike '*trimmed by the server*'
    }

    It 'measures by the jobs when the events are gone' {
        [void](Invoke-Redis del bull:mail:events)
        (Measure-JobQueue mail -Verbose 4>&1 | Out-String) | Should -BeLike '*no history*'
        (Measure-JobQueue mail).Source | Should -Be Jobs
        Get-ErrorId { Measure-JobQueue mail -Source Events } | Should -Be NoHistory
    }
}

Describe 'Measure-JobQueue' {
    BeforeAll {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'mail'; count = 300 })
        [void](Invoke-Peer @{ do = 'add'; queue = 'chat' })
        [void](Invoke-Peer @{ do = 'run'; queue = 'mail'; count = 100 })
    }

    It 'takes queues by name, pattern and from the pipeline' {
        (Measure-JobQueue).Queue | Should -Be chat, mail
        (Measure-JobQueue m*).Queue | Should -Be mail
        (Get-JobQueue mail | Measure-JobQueue).Completed | Should -Be 100
        ('mail' | Measure-JobQueue).Queue | Should -Be mail
    }

    It 'looks at no more than the sample' {
        $measure = Measure-JobQueue mail -Sample 100
        $measure.Sample, $measure.IsCut | Should -Be 100, $true
        "$($measure.Notes)" | Should -BeLike '*-Sample*'
        $measure.TimeUntilEmpty | Should -BeGreaterThan ([timespan]::Zero)
        (Measure-JobQueue mail -Source Jobs -Sample 100).Sample | Should -Be 50
    }

    It 'looks up when jobs became ready that were before the span' {
        # Only the newest events are left: the jobs were added before them.
        [void](Invoke-Redis xtrim bull:mail:events MAXLEN 60)
        $measure = Measure-JobQueue mail
        $measure.WaitSample | Should -BeGreaterOrEqual 29
        $measure.WaitP50 | Should -BeGreaterThan ([timespan]::Zero)
    }

    It 'has a table of 80 columns' {
        $lines = (Measure-JobQueue | Out-String -Width 80) -split '\r?\n'
        $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual 80 }
        $lines -match '^Queue +In/s +Out/s +Fail +Wait p50 / p95 +Run p50 / p95 +Waiting +Empty' | Should -HaveCount 1
    }

    It 'keeps its figures as they are in CSV' {
        $row = Measure-JobQueue chat | ConvertTo-Csv | ConvertFrom-Csv
        $row.Waiting, $row.Source | Should -Be '1', 'Events'
        $row.PSObject.Properties.Name | Where-Object { $_ -like '*Cell' } | Should -BeNullOrEmpty
    }

    It 'refuses <Case>' -ForEach @(
        @{ Case = 'a span that ends before it begins'; Id = 'InvalidSpan'; Script = { Measure-JobQueue mail -After ([DateTimeOffset]::Now.AddHours(1)) } }
        @{ Case = 'a queue that is not there'; Id = 'QueueNotFound'; Script = { Measure-JobQueue none } }
    ) {
        Get-ErrorId $Script | Should -Be $Id
    }
}
