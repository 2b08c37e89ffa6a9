# Watch-JobEvent on events that BullMQ makes.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    [void](Connect-JobServer $lab.Uri)
    [void](Invoke-Peer @{ do = 'addMany'; queue = 'emails'; count = 3; name = 'send' })
    [void](Invoke-Peer @{ do = 'add'; queue = 'emails'; name = 'resize'; data = @{ result = 7; progress = @(50) } })
    [void](Invoke-Peer @{ do = 'add'; queue = 'chat'; name = 'reply'; data = @{ do = 'fail'; reason = 'no luck' } })
    [void](Invoke-Peer @{ do = 'work'; queue = 'emails' })
    [void](Invoke-Peer @{ do = 'work'; queue = 'chat' })
}
AfterAll { Stop-Lab }

Describe 'Watch-JobEvent' {
    It 'gives the history that is kept, as typed events in order' {
        $events = Watch-JobEvent emails -From start -Timeout 1
        $events | ForEach-Object { $_ | Should -BeOfType JobAdmin.JobEvent }
        @($events | Where-Object Event -EQ completed).Count | Should -Be 4
        ($events | Where-Object Id -EQ 1).Event | Should -Be 'added', 'waiting', 'active', 'completed'
        $events[0].Time | Should -BeOfType DateTimeOffset
        ($events | Where-Object { $_.Event -eq 'completed' -and $_.Id -eq '4' }).ReturnValue | Should -Be '7'
    }

    It 'filters by event, id and name' {
        (Watch-JobEvent emails -From start -Event completed, fail* -Timeout 1).Id | Should -Be '1', '2', '3', '4'
        (Watch-JobEvent emails -From start -Id 4 -Event added, completed -Timeout 1).Event | Should -Be 'added', 'completed'
        (Watch-JobEvent -From start -Name re* -Event completed, failed -Timeout 1).Id | Sort-Object | Should -Be '1', '4'
    }

    It 'watches several queues, by wildcard or all' {
        (Watch-JobEvent -From start -Event failed -Timeout 1).FailedReason | Should -Be 'no luck'
        (Watch-JobEvent c*, emails -From start -Event added -Timeout 1).Count | Should -Be 5
        Get-ErrorId { Watch-JobEvent nix -Timeout 1 } | Should -Be 'QueueNotFound'
    }

    It 'takes queues and jobs from the pipeline' {
        (Get-JobQueue chat | Watch-JobEvent -From start -Event failed -Timeout 1).Queue | Should -Be 'chat'
        (Get-Job 2 -Queue emails | Watch-JobEvent -From start -Event completed -Timeout 1).Id | Should -Be '2'
    }

    It 'ends after -Count events' {
        $watch = [Diagnostics.Stopwatch]::StartNew()
        (Watch-JobEvent emails -From start -Count 3).Count | Should -Be 3
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 3
    }

    It 'goes on from an event, or a time' {
        $events = Watch-JobEvent emails -From start -Timeout 1
        (Watch-JobEvent emails -From $events[4].EventId -Count 1).EventId | Should -Be $events[5].EventId
        (Watch-JobEvent emails -From 1h -Count 2).Count | Should -Be 2
        (Watch-JobEvent emails -From ([datetime]::Now.AddHours(-1)) -Count 2).Count | Should -Be 2
        Watch-JobEvent emails -Timeout 0.5 | Should -BeNullOrEmpty
        Get-ErrorId { Watch-JobEvent emails -From 'never:ever' } | Should -Be 'ParameterArgumentTransformationError'
    }

    It 'reads a time as the session writes it, as Get-Job does' {
        $before = [cultureinfo]::CurrentCulture
        try {
            [cultureinfo]::CurrentCulture = 'de-DE'
            foreach ($time in [datetime]::Now.AddHours(-1).ToString(), [datetime]::Now.AddDays(-1).ToString('d'), [datetime]::Now.AddHours(-1).ToString('s')) {
                @(Get-Job -Queue emails -After $time).Count | Should -Be 4 -Because $time
                @(Watch-JobEvent emails -From $time -Count 2 -Timeout 5).Count | Should -Be 2 -Because $time
            }
            Watch-JobEvent emails -From ([datetime]::Now.AddHours(1).ToString()) -Timeout 0.5 | Should -BeNullOrEmpty
            Get-ErrorId { Watch-JobEvent emails -From '11/27/2026 07:16' -Timeout 0.5 } | Should -Be 'ParameterArgumentTransformationError'
        }
        finally { [cultureinfo]::CurrentCulture = $before }
    }

    It 'shows what happens while it happens' {
        $shell = [powershell]::Create()
        [void]$shell.AddScript("Import-Module '$(Get-Manifest)'; Connect-JobServer $($lab.Uri) | Out-Null; Watch-JobEvent emails -Event added -Count 1 -Timeout 15")
        $handle = $shell.BeginInvoke()
        $id = $null
        while (-not $handle.IsCompleted) {
            $id = $id ? $id : $(Start-Sleep 4; Invoke-Peer @{ do = 'add'; queue = 'emails'; name = 'live' })
            Start-Sleep -Milliseconds 50
        }
        $seen = $shell.EndInvoke($handle)
        $seen.Id | Should -Be $id
        $seen.Name | Should -Be 'live'
        $shell.Dispose()
    }

    It 'goes on with the others where the events of a queue are no stream, or become none' {
        [void](Invoke-Redis set bull:odd:events text)
        [void](Invoke-Redis hset bull:odd:meta version bullmq:6.7.0)
        $errors = $null
        @(Watch-JobEvent odd, emails -From start -Event completed -Timeout 1 -ErrorAction SilentlyContinue -ErrorVariable errors).Count | Should -Be 4
        $errors.FullyQualifiedErrorId | Should -Be 'WrongKeyType,JobAdmin.Commands.WatchJobEventCommand'
        "$errors" | Should -BeLike "The events of queue 'odd' can't be read.*"
        Watch-JobEvent chat, odd -Timeout 1 -ErrorAction SilentlyContinue -ErrorVariable errors | Should -BeNullOrEmpty
        $errors | Should -HaveCount 1
        Get-ErrorId { Watch-JobEvent odd -Timeout 5 } | Should -Be WrongKeyType

        [void](Invoke-Redis del bull:odd:events)
        $shell = [powershell]::Create()
        [void]$shell.AddScript("Import-Module '$(Get-Manifest)'; Connect-JobServer $($lab.Uri) | Out-Null; Watch-JobEvent odd, emails -Event added -Count 1 -Timeout 20")
        $handle = $shell.BeginInvoke()
        while (-not $handle.IsCompleted) {
            Start-Sleep 2
            [void](Invoke-Redis set bull:odd:events text)
            Start-Sleep 2
            if (-not $id) { $id = Invoke-Peer @{ do = 'add'; queue = 'emails'; name = 'live' } }
        }
        $shell.EndInvoke($handle).Id | Should -Be $id
        "$($shell.Streams.Error)" | Should -BeLike "The events of queue 'odd' can't be read.*"
        $shell.Dispose()
        [void](Invoke-Redis del bull:odd:events bull:odd:meta)
    }

    It 'stops within 200 ms' {
        $stop = Measure-Stop 'Watch-JobEvent'
        $stop.WasRunning | Should -BeTrue
        $stop.Milliseconds | Should -BeLessThan 400
    }
}
