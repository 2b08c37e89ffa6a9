# Get-, Set- and Remove-JobScheduler, with BullMQ's library looking on and its workers running what comes.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    $other = Start-TestRedis
    function Get-Peer([string] $Id) { Invoke-Peer @{ do = 'call'; queue = 'reports'; method = 'getJobScheduler'; args = @($Id) } }
}
AfterAll {
    Stop-TestRedis $other
    Stop-Lab
}

Describe 'Set-JobScheduler' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name lab)
        [void](Invoke-Peer @{ do = 'add'; queue = 'reports' })
    }

    It 'makes a scheduler that BullMQ knows' {
        Set-JobScheduler nightly -Queue reports -Pattern '0 3 * * *' -TimeZone Europe/Berlin -Limit 5 -Name report -Data @{ kind = 'daily' } -Option @{ attempts = 3 } | Should -BeNullOrEmpty
        $theirs = Get-Peer nightly
        $theirs.name, $theirs.pattern, $theirs.tz, $theirs.limit | Should -Be 'report', '0 3 * * *', 'Europe/Berlin', 5
        $theirs.template.data.kind, $theirs.template.opts.attempts | Should -Be daily, 3
        (Get-JobScheduler reports nightly).Next.ToUnixTimeMilliseconds() | Should -Be $theirs.next
    }

    It 'makes a queue that says by whose scripts' {
        Set-JobScheduler nightly -Queue fresh -Every 1h
        Invoke-Redis hget bull:fresh:meta version | Should -BeLike 'bullmq:6.*'
    }

    It 'changes only what is given' {
        Set-JobScheduler poll -Queue reports -Every 15m -Data @{ n = 1 } -Name tick
        Set-JobScheduler poll -Queue reports -Data @{ n = 2 }
        $now = Get-JobScheduler reports poll
        $now.Every, $now.Data.n, $now.Name | Should -Be ([timespan]'0:15'), 2, 'tick'
        Set-JobScheduler poll -Queue reports -Pattern '0 3 * * *' -TimeZone UTC
        $now = Get-JobScheduler reports poll
        $now.Every | Should -BeNullOrEmpty
        $now.Pattern, $now.Data.n | Should -Be '0 3 * * *', 2
        Set-JobScheduler poll -Queue reports -Limit 7 -PassThru | ForEach-Object Limit | Should -Be 7
        (Set-JobScheduler poll -Queue reports -Limit $null -PassThru).Limit | Should -BeNullOrEmpty
    }

    It 'says with -WhatIf what would change, and when it would run' {
        Set-JobScheduler nightly -Queue reports -Pattern '0 3 * * *' -TimeZone UTC -Data @{ a = 1 }
        $before = Get-Keyspace
        $shell = [powershell]::Create().AddScript("Import-Module '$(Get-Manifest)'; [void](Connect-JobServer $($lab.Uri)); Set-JobScheduler nightly -Queue reports -Pattern '0 4 * * *' -Data @{ a = 2 } -WhatIf; Set-JobScheduler fresh -Queue reports -Every 1h -WhatIf")
        $log = Join-Path ([IO.Path]::GetTempPath()) "$([guid]::NewGuid()).txt"
        pwsh -NoProfile -NonInteractive -Command $shell.Commands.Commands[0].CommandText > $log
        $text = Get-Content -Raw $log
        Remove-Item $log
        $text | Should -Match 'pattern 0 3 \* \* \* → 0 4 \* \* \*'
        $text | Should -Match ([regex]::Escape('data {"a":1} → {"a":2}'))
        $text | Should -Match 'next run \d{4}-\d\d-\d\d \d\d:00:00 .*\(was '
        $text | Should -Match 'Make scheduler fresh in queue reports: .*interval 1h 00m; next run'
        Get-Keyspace | Should -Be $before
    }

    It 'takes schedulers to another server' {
        Set-JobScheduler nightly -Queue reports -Pattern '0 3 * * *' -TimeZone UTC -Data @{ a = 1 } -Option @{ priority = 2 }
        Set-JobScheduler poll -Queue reports -Every 15m -Limit 9
        [void](Connect-JobServer $other.Uri -Name other)
        Get-JobScheduler reports -Connection lab | Set-JobScheduler -Connection other
        $there = Get-JobScheduler reports -Connection other | Sort-Object Id
        $there.Id + $there.Pattern | Should -Be 'nightly', 'poll', '0 3 * * *', $null
        $there[0].Options.priority, $there[0].Data.a, $there[1].Limit | Should -Be 2, 1, 9
    }

    It 'sets what a file says, and nothing where all is so already' {
        $wanted = '[{"Id":"a","Queue":"reports","Pattern":"0 1 * * *","TimeZone":"UTC","Data":{"n":1}},{"Id":"b","Queue":"reports","Every":"30m"}]' | ConvertFrom-Json
        $wanted | Set-JobScheduler
        $before = Get-Keyspace
        $wanted | Set-JobScheduler -Verbose 4>&1 | Should -BeLike '*is so already*'
        Get-Keyspace | Should -Be $before
        Get-JobScheduler reports | Select-Object * | ConvertTo-Json -Depth 5 | ConvertFrom-Json | Set-JobScheduler -Verbose 4>&1 | Should -BeLike '*is so already*'
        $wanted[1].Every = '45m'
        ($wanted | Set-JobScheduler -PassThru | Where-Object Id -EQ b).Every | Should -Be ([timespan]'0:45')
        Get-ErrorId { [pscustomobject]@{ Id = 'x'; Queue = 'reports'; Evry = 1 } | Set-JobScheduler } | Should -Be InvalidSchedule
    }

    It 'reads times of a file as the session wrote them' {
        $first = [datetimeoffset]'2037-06-01T00:00:00Z'
        Set-JobScheduler yearly -Queue reports -Pattern '0 3 1 1 *' -TimeZone UTC -StartDate $first -EndDate 2050-02-03T00:00:00Z
        $before = [cultureinfo]::CurrentCulture
        try {
            [cultureinfo]::CurrentCulture = 'de-DE'
            $rows = Get-JobScheduler reports | Select-Object Queue, Id, Pattern, TimeZone, StartDate, EndDate | ConvertTo-Csv
            $rows[1] | Should -BeLike '*"01.06.2037 *"03.02.2050 *'
            $rows | ConvertFrom-Csv | Set-JobScheduler -Verbose 4>&1 | Should -BeLike '*is so already*'
            foreach ($text in '01.06.2037 00:00 +00:00', '2037-06-01T00:00:00Z', '2037-06-01 02:00 +02:00') {
                [pscustomobject]@{ Id = 'yearly'; Queue = 'reports'; StartDate = $text } | Set-JobScheduler -Verbose 4>&1 | Should -BeLike '*is so already*' -Because $text
            }
            Get-ErrorId { [pscustomobject]@{ Id = 'yearly'; Queue = 'reports'; StartDate = '06/31/2037' } | Set-JobScheduler } | Should -Be InvalidSetting
            [cultureinfo]::CurrentCulture = 'th-TH'
            [pscustomobject]@{ Id = 'yearly'; Queue = 'reports'; StartDate = '2037-06-01T00:00:00Z' } | Set-JobScheduler -Verbose 4>&1 | Should -BeLike '*is so already*'
        }
        finally { [cultureinfo]::CurrentCulture = $before }
        (Get-JobScheduler reports yearly).StartDate | Should -Be $first
    }

    It 'mends a scheduler that can not fire any more' {
        Set-JobScheduler nightly -Queue reports -Pattern '0 3 * * *' -TimeZone UTC
        $job = (Get-JobScheduler reports nightly).NextJobId
        [void](Invoke-Redis del "bull:reports:$job")
        [void](Invoke-Redis zrem bull:reports:delayed $job)
        $stuck = Get-JobScheduler reports -State Stuck
        $stuck.Id | Should -Be nightly
        $stuck.Problem | Should -BeLike '*next job is gone*'
        $stuck | Set-JobScheduler
        (Get-JobScheduler reports nightly).State | Should -Be Scheduled
    }

    It 'runs one now, and leaves the schedule' {
        Set-JobScheduler nightly -Queue reports -Pattern '0 3 * * *' -TimeZone UTC -Name report -Data @{ a = 1 }
        $next = (Get-JobScheduler reports nightly).Next
        $outcome = Get-JobScheduler reports nightly | Set-JobScheduler -RunNow -PassThru
        $outcome.Status | Should -Be Added
        (Invoke-Peer @{ do = 'work'; queue = 'reports' }).name | Should -Contain report
        (Get-JobScheduler reports nightly).Next | Should -Be $next
        Get-ErrorId { Set-JobScheduler none -Queue reports -RunNow } | Should -Be SchedulerNotFound
    }

    It 'warns of a pattern that every machine reads in its own time' {
        "$(Set-JobScheduler x -Queue reports -Pattern '0 3 * * *' 3>&1)" | Should -BeLike '*-TimeZone*'
        Set-JobScheduler x -Queue reports -Pattern '0 3 * * *' -TimeZone UTC 3>&1 | Should -BeNullOrEmpty
    }

    It 'refuses <Case>, and changes nothing' -ForEach @(
        @{ Case = 'a pattern that can not be read'; Id = 'InvalidPattern'; Script = { Set-JobScheduler x -Queue reports -Pattern 'every day' } }
        @{ Case = 'a field out of range'; Id = 'InvalidPattern'; Script = { Set-JobScheduler x -Queue reports -Pattern '0 25 * * *' } }
        @{ Case = 'a day that never comes'; Id = 'InvalidPattern'; Script = { Set-JobScheduler x -Queue reports -Pattern '0 0 30 2 *' } }
        @{ Case = 'an end that is past'; Id = 'NeverFires'; Script = { Set-JobScheduler x -Queue reports -Every 1h -EndDate 2020-01-01 } }
        @{ Case = 'an end before the first run'; Id = 'NeverFires'; Script = { Set-JobScheduler x -Queue reports -Pattern '0 0 1 1 *' -TimeZone UTC -EndDate ([DateTimeOffset]::Now.AddSeconds(5)) } }
        @{ Case = 'a limit of nothing'; Id = 'NeverFires'; Script = { Set-JobScheduler x -Queue reports -Every 1h -Limit 0 } }
        @{ Case = 'an unknown time zone'; Id = 'InvalidTimeZone'; Script = { Set-JobScheduler x -Queue reports -Pattern '0 3 * * *' -TimeZone Mars/Olympus } }
        @{ Case = 'no rule at all'; Id = 'InvalidSchedule'; Script = { Set-JobScheduler x -Queue reports -Limit 3 } }
        @{ Case = 'both rules'; Id = 'InvalidSchedule'; Script = { Set-JobScheduler x -Queue reports -Every 1h -Pattern '0 3 * * *' } }
        @{ Case = 'an id for its jobs'; Id = 'InvalidSetting'; Script = { Set-JobScheduler x -Queue reports -Every 1h -Option @{ jobId = 'mine' } } }
        @{ Case = 'a delay of its jobs'; Id = 'InvalidSetting'; Script = { Set-JobScheduler x -Queue reports -Every 1h -Option @{ delay = 5000 } } }
        @{ Case = 'a deduplication of its jobs'; Id = 'InvalidSetting'; Script = { Set-JobScheduler x -Queue reports -Every 1h -Option @{ deduplication = @{ id = 'd' } } } }
        @{ Case = 'attempts written as text'; Id = 'InvalidSetting'; Script = { Set-JobScheduler x -Queue reports -Every 1h -Option @{ attempts = '3' } } }
        @{ Case = 'nothing to set'; Id = 'NothingToSet'; Script = { Set-JobScheduler x -Queue reports } }
        @{ Case = 'no id'; Id = 'SchedulerMissing'; Script = { Set-JobScheduler -Queue reports -Every 1h } }
        @{ Case = 'no queue'; Id = 'QueueMissing'; Script = { Set-JobScheduler x -Every 1h } }
        @{ Case = 'broken data'; Id = 'InvalidJson'; Script = { Set-JobScheduler x -Queue reports -Every 1h -Data '{' } }
    ) {
        $before = Get-Keyspace
        Get-ErrorId $Script | Should -Be $Id
        Get-Keyspace | Should -Be $before
    }
}

Describe 'Get-JobScheduler and Remove-JobScheduler' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name lab)
        [void](Invoke-Peer @{ do = 'upsertScheduler'; queue = 'reports'; id = 'nightly'; repeat = @{ pattern = '0 0 3 * * *'; tz = 'UTC' }; template = @{ name = 'report' } })
        [void](Invoke-Peer @{ do = 'upsertScheduler'; queue = 'reports'; id = 'poll'; repeat = @{ every = 3600000 } })
        [void](Invoke-Peer @{ do = 'upsertScheduler'; queue = 'mails'; id = 'digest'; repeat = @{ pattern = '0 0 1 1 *'; tz = 'UTC' } })
    }

    It 'shows schedulers of all queues, by queue and by id' {
        (Get-JobScheduler).Id | Sort-Object | Should -Be digest, nightly, poll
        (Get-JobScheduler reports *l*).Id | Sort-Object | Should -Be nightly, poll
        (Get-JobQueue mails | Get-JobScheduler).Id | Should -Be digest
        Get-ErrorId { Get-JobScheduler reports none } | Should -Be SchedulerNotFound
        Get-ErrorId { Get-JobScheduler -Id none } | Should -Be SchedulerNotFound
    }

    It 'works out the next runs' {
        $nightly = Get-JobScheduler reports nightly -Next 4
        $nightly.NextRuns.Count | Should -Be 4
        $nightly.NextRuns.Hour | Should -Be 3, 3, 3, 3
        ($nightly.NextRuns[1] - $nightly.NextRuns[0]).TotalHours | Should -Be 24
        (Get-JobScheduler reports nightly -Next 0).NextRuns | Should -BeNullOrEmpty
    }

    It 'has a table and a list' {
        $table = (Get-JobScheduler reports | Out-String -Width 80) -split '\r?\n'
        $table -match '^nightly ' | Should -Match 'Scheduled +0 0 3 \* \* \* UTC +in \d+[hms] +1 report'
        $table -match '^poll ' | Should -Match 'Due +every 1h 00m +(now|\d+s ago) +1 poll'
        Get-JobScheduler reports nightly | Format-List | Out-String | Should -Match '(?s)Rule +: 0 0 3 \* \* \* UTC.*Next +: \d{4}.*ThenAlso +: \d{4}'
    }

    It 'removes them, from the pipeline and by wildcard' {
        Get-JobScheduler reports nightly | Remove-JobScheduler -Confirm:$false
        (Get-JobScheduler reports).Id | Should -Be poll
        Remove-JobScheduler p* -Queue reports -Confirm:$false 3>&1 | Should -BeLike '*repeat:poll:*will run*'
        Get-JobScheduler reports | Should -BeNullOrEmpty
        (Remove-JobScheduler digest -Queue mails -Confirm:$false -PassThru).Status | Should -Be Removed
        Get-ErrorId { Remove-JobScheduler digest -Queue mails -Confirm:$false } | Should -Be SchedulerNotFound
    }

    It 'leaves repeatable jobs of old alone' {
        [void](Invoke-Peer @{ do = 'repeatable'; queue = 'old'; lib = 'bullmq5'; repeat = @{ pattern = '0 3 * * *' } })
        $old = Get-JobScheduler old
        $old.State | Should -Be Legacy
        $before = Get-Keyspace
        Get-ErrorId { $old | Remove-JobScheduler -Confirm:$false } | Should -Be SchedulerNotRemoved
        Get-ErrorId { Set-JobScheduler $old.Id -Queue old -Every 1h } | Should -BeIn LegacyScheduler, InvalidSchedulerId
        Get-Keyspace | Should -Be $before
    }

    It 'is never taken for a job' {
        [void](Invoke-Peer @{ do = 'add'; queue = 'reports'; opts = @{ jobId = 'nightly' } })
        Get-ErrorId { Get-JobScheduler reports nightly | Remove-Job -Confirm:$false } | Should -Be NotAJob
        Get-ErrorId { Get-JobScheduler reports nightly | Select-Object * | Set-JobScheduler -WhatIf } | Should -Not -Be NotAScheduler
        Get-ErrorId { Get-JobScheduler reports nightly | Select-Object Queue, Id | Remove-Job -Confirm:$false } | Should -Be NotAJob
        Get-ErrorId { Get-Job nightly -Queue reports | Remove-JobScheduler -Confirm:$false } | Should -Be NotAScheduler
        Get-ErrorId { Get-Job nightly -Queue reports | Select-Object Queue, Id | Remove-JobScheduler -Confirm:$false } | Should -Be NotAScheduler
    }

    It 'completes ids and time zones' {
        (TabExpansion2 'Set-JobScheduler -Queue reports -Id n').CompletionMatches.CompletionText | Should -Be nightly
        (TabExpansion2 'Set-JobScheduler x -TimeZone Europe/Ber').CompletionMatches.CompletionText | Should -Be Europe/Berlin
    }

    It 'writes nothing with -WhatIf' {
        $before = Get-Keyspace
        Get-JobScheduler | Remove-JobScheduler -WhatIf
        Get-JobScheduler reports nightly | Set-JobScheduler -RunNow -WhatIf
        Get-Keyspace | Should -Be $before
    }
}
