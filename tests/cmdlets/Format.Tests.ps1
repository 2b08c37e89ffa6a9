# Views: tables, lists and wide forms.
BeforeAll { . $PSScriptRoot/_Objects.ps1 }

AfterAll { Remove-Module JobAdmin }

Describe 'the format and type files' {
    It 'hold no script' {
        Get-ChildItem $formats | Select-String '<ScriptBlock>|<Script>|<ScriptProperty>' | Should -BeNullOrEmpty
    }

    It 'name only properties that there are' {
        $types = @{}
        foreach ($type in ([xml](Get-Content -Raw "$formats/JobAdmin.Types.ps1xml")).Types.Type) { $types[$type.Name] = @($type.Members.CodeProperty.Name) }
        foreach ($view in ([xml](Get-Content -Raw "$formats/JobAdmin.Format.ps1xml")).Configuration.ViewDefinitions.View) {
            $type = $view.ViewSelectedBy.TypeName
            $known = @($types[$type]) + @(($type -replace '^Deserialized\.' -as [type]).GetProperties().Name) + 'Data', 'Options', 'ReturnValue'
            $view.SelectNodes('.//PropertyName').InnerText | Where-Object { $_ -cnotin $known } | Should -BeNullOrEmpty -Because "$($view.Name) shows it"
        }
    }

    It 'name only methods that there are' {
        foreach ($reference in Select-Xml '//GetCodeReference' "$formats/JobAdmin.Types.ps1xml") {
            ($reference.Node.TypeName -as [type]).GetMethod($reference.Node.MethodName) | Should -Not -BeNullOrEmpty -Because $reference.Node.InnerXml
        }
    }
}

Describe 'job table' {
    It 'has every column in <_> columns' -ForEach 80, 120, 200 {
        $lines = $jobs | Get-Line $_
        $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual 200 }
        ($lines -match '^Id').Count | Should -Be 2
        $lines[1] | Should -Match '^Id +Name +State +When +Attempts +Detail'
    }

    It 'is grouped by queue' {
        $jobs | Get-Line | Where-Object { $_ -match 'Queue: ' } | ForEach-Object Trim | Should -Be 'Queue: emails', 'Queue: papers'
    }

    It 'shows what matters in each state' {
        $lines = $jobs | Get-Line 120
        $lines -match '^1041 ' | Should -Match 'Failed +[3-9]m ago +3/3 connect ECONNREFUSED'
        $lines -match '^3f2b' | Should -Match 'Active +[1-5]\ds ago +0/1 ████░░░░  62%$'
        $lines -match '^repea…' | Should -Match 'Delayed +in 3h +1/5 SMTP 451'
        $lines -match '^7 ' | Should -Match 'WaitingChi… 400d ago'
        $lines -match '^8 ' | Should -Match 'Completed +[3-9]m ago +1/1 took 1.43 s$'
    }

    It 'says when a delayed job is late, and when a job was stopped' {
        New-TestJob @{ State = 'Delayed'; DelayUntil = $now.AddMinutes(-5.5) } | Get-Line | Select-Object -Last 1 | Should -Match '[5-9]m late'
        New-TestJob @{ State = 'Waiting'; DeferredFailure = 'not needed' } | Get-Line 120 | Select-Object -Last 1 | Should -Match 'stopped: not needed'
    }

    It 'shows a progress of <progress> as <shown>' -ForEach @(
        @{ progress = 0; shown = '░░░░░░░░   0%' }
        @{ progress = 100; shown = '████████ 100%' }
        @{ progress = 99.9; shown = '███████░  99%' }
        @{ progress = 1500; shown = '1500' }
        @{ progress = '{"percent":40,"stage":"layout"}'; shown = '███░░░░░  40% layout' }
        @{ progress = '{"done":3}'; shown = '{"done":3}' }
        @{ progress = '"half way"'; shown = 'half way' }
    ) {
        New-TestJob @{ State = 'Active'; Progress = $progress } | Get-Line 120 | Select-Object -Last 1 | Should -BeLike "* $shown"
    }

    It 'writes each job as it comes' {
        $first = $null
        1..3 | ForEach-Object { if ($_ -eq 3) { $script:before = $first }; New-TestJob @{ Id = "$_" } } | Out-String -Stream | ForEach-Object { if ($_ -match '^1 ') { $first = $_ } }
        $before | Should -Match '^1 '
    }
}

Describe 'queue table' {
    It 'has every column in 80 columns, with a million jobs' {
        $lines = $queues | Get-Line
        $lines[0] | Should -Be 'Name               Waiting Prio Active Delayed Flows    Failed Completed Wkr Age'
        $lines -match '^paper' | Should -BeLike 'paper-generation 1,234,567    1      0       3     2 1,234,567         9   0    '
    }

    It 'marks a paused queue, and counts the jobs that BullMQ 5 holds apart' {
        $queues | Get-Line | Where-Object { $_ -match '^deep' } | Should -Match '^deep-research +⏸ 1,200 '
    }

    It 'is the same in <_> columns' -ForEach 120, 200 {
        ($queues | Get-Line $_)[0] | Should -BeLike '* Wkr Age V'
        $queues | Get-Line $_ | Where-Object { $_ -match '^deep' } | Should -Match ' 5\.81 *$'
    }
}

Describe 'lists' {
    It 'leave out what a job does not have' {
        $lines = $jobs[0] | Format-List | Get-Line
        $lines -match '^FailedReason : connect ECONNREFUSED 127.0.0.1:25$' | Should -HaveCount 1
        $lines -match '^Duration +: 431 ms$' | Should -HaveCount 1
        $lines -match '^(DelayUntil|Parent|StackTrace|Log|ReturnValue) ' | Should -BeNullOrEmpty
    }

    It 'show local times with their offset' {
        $local = $jobs[0].FinishedOn.ToLocalTime().ToString('yyyy-MM-dd HH:mm:ss.fff zzz', [cultureinfo]::InvariantCulture)
        $jobs[0] | Format-List | Get-Line | Where-Object { $_ -match '^FinishedOn' } | Should -BeLike "*: $local ([3-9]m ago)"
    }

    It 'show every property when asked' {
        $text = $jobs[0] | Format-List * | Out-String
        $text | Should -Match 'AttemptsStarted'
        $text | Should -Not -Match 'Cell'
    }

    It 'break long warnings between words' {
        $warning = 'maxmemory-policy is allkeys-lru: Redis may throw away keys of jobs when memory runs out. BullMQ needs noeviction.'
        $report = [JobAdmin.JobServerReport]@{ Connection = 'local'; Endpoint = '127.0.0.1:6379'; Reachable = $true; RoundTrip = [timespan]::FromMilliseconds(0.31); UsedMemory = 123456789; Warnings = [string[]]$warning }
        $lines = $report | Get-Line
        $lines -match '^Health +: Attention$' | Should -HaveCount 1
        $lines -match '^RoundTrip +: 0.31 ms$' | Should -HaveCount 1
        $lines -match '^Memory +: 117.7 MiB$' | Should -HaveCount 1
        ($lines | Select-Object -Last 2).TrimStart() -replace '^Warnings +: ' -join ' ' | Should -Be $warning
    }

    It 'show a connection without its cells' {
        $connection = [JobAdmin.JobServerConnection]@{ Name = 'local'; Endpoint = '127.0.0.1:6379'; Prefix = 'bull'; ReadOnly = $true; Capabilities = 'ListQueues, Retry' }
        ($connection | Get-Line)[2] | Should -Match 'local Redis 127.0.0.1:6379 read-only bull'
        $connection | Format-List | Get-Line | Where-Object { $_ -match '^Capabilities' } | Should -Match 'ListQueues, Retry$'
    }
}

Describe 'wide views' {
    It 'show id and name of jobs, and the names of queues' {
        $jobs[3, 4] | Format-Wide | Get-Line | Should -Match '^7 assemble +8 render *$'
        ($queues | Format-Wide | Get-Line)[0] | Should -Match '^chat \(12 waiting\) +deep-research \(⏸ 1,200 waiting\)'
    }
}

Describe 'events and outcomes' {
    It 'show an event in a line of 80 columns' {
        $events = @(
            [JobAdmin.JobEvent]@{ Queue = 'emails'; Event = 'failed'; Id = '12'; Time = $now; FailedReason = 'SMTP 451' }
            [JobAdmin.JobEvent]@{ Queue = 'emails'; Event = 'retries-exhausted'; Id = '12'; Time = $now.AddDays(-40) }
            [JobAdmin.JobEvent]@{ Queue = 'emails'; Event = 'added'; Id = '13'; Name = 'send'; Time = $now }
            [JobAdmin.JobEvent]@{ Queue = 'emails'; Event = 'progress'; Id = '13'; Progress = '50'; Time = $now }
            [JobAdmin.JobEvent]@{ Queue = 'emails'; Event = 'completed'; Id = '13'; ReturnValue = 'null'; Time = $now }
            [JobAdmin.JobEvent]@{ Queue = 'emails'; Event = 'gap'; Missed = 12345 }
        )
        $lines = $events | Get-Line
        $lines[0] | Should -Match '^Time +Queue +Event +Id +Detail'
        $lines[2] | Should -Match '^\d\d:\d\d:\d\d\.\d{3} emails +failed +12 +SMTP 451$'
        $lines[3] | Should -Match '^\d\d-\d\d \d\d:\d\d +emails +retries-exhausted 12'
        $lines[4] | Should -Match 'send$'
        $lines[5] | Should -Match '████░░░░  50%$'
        $lines[6] | Should -Match 'completed +13 *$'
        $lines[7] | Should -Match 'gap +12,345 missed$'
    }

    It 'show outcomes under their queue' {
        $lines = [JobAdmin.JobOutcome]@{ Queue = 'emails'; Id = '12'; Status = 'Retried'; PreviousState = 'Failed' },
            [JobAdmin.JobOutcome]@{ Queue = 'emails'; Id = '13'; Status = 'SkippedWrongState'; PreviousState = 'WaitingChildren'; NewId = '14'; Message = 'busy' } | Get-Line
        $lines[0].Trim() | Should -Be 'Queue: emails'
        $lines[3] | Should -Match '^12 +Retried +Failed *$'
        $lines[4] | Should -Match '^13 +SkippedWrongState WaitingChildren new job 14; busy$'
    }
}

Describe 'what comes from outside' {
    BeforeAll {
        $evil = "a$([char]27)[31mb$([char]0x202e)c`nd`te$([char]0x7f)$([char]0x9b)f$([char]0xd800)g"
        $seen = 'a␛[31mb\u202Ec␊d␉e␡\u009Bf\uD800g'
        $job = New-TestJob @{ Id = $evil; Name = $evil; Queue = $evil; State = 'Failed'; FailedReason = $evil; ProcessedBy = $evil; DeduplicationId = $evil; SchedulerId = $evil; ParentId = $evil } ('"' + [char]0x202e + '"')
    }

    It 'is made visible in tables, lists and wide views' {
        foreach ($text in ($job | Out-String -Width 300), ($job | Format-List | Out-String -Width 300), ($job | Format-Wide | Out-String -Width 300)) {
            $text.Replace("`r`n", '').Replace("`n", '') | Should -Not -Match '[\x00-\x1f\x7f-\x9f\u202e]'
        }
        $job | Out-String -Width 300 | Should -BeLike "*Queue: $($seen.Replace('[', '`['))*$($seen.Replace('[', '`['))*"
    }

    It 'is made visible in events, outcomes and queues' {
        [JobAdmin.JobEvent]@{ Queue = $evil; Event = $evil; Id = $evil; FailedReason = $evil }, [JobAdmin.JobOutcome]@{ Queue = $evil; Id = $evil; Message = $evil },
            (New-TestQueue @{ Name = $evil; Version = $evil } @{ Waiting = 1 }) | ForEach-Object {
            ($_ | Out-String -Width 300).Replace("`r`n", '').Replace("`n", '') | Should -Not -Match '[\x00-\x1f\x7f-\x9f\u202e]'
        }
    }

    It 'stays as it is in properties' { $job.Name | Should -BeExactly $evil }

    It 'keeps emoji and the joiners in them' {
        $family = "$([char]::ConvertFromUtf32(0x1f468))$([char]0x200d)$([char]::ConvertFromUtf32(0x1f469))"
        New-TestJob @{ Name = $family } | Format-List | Out-String | Should -Match "Name +: $family"
    }
}

Describe 'colour' {
    It 'is on the state alone, and closed within its column' {
        $before = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'Ansi'
            $text = ($jobs[0], $jobs[3] | Out-String -Width 80) -replace '(?m)^\x1b\[32;1m.*$', ''
        } finally { $PSStyle.OutputRendering = $before }
        [regex]::Matches($text, '\x1b\[[\d;]+m[^\x1b]*\x1b\[0m').Value | Where-Object { $_ -match 'Failed|WaitingChi' } | Should -HaveCount 2
        $text -replace '\x1b\[[\d;]*m' -split '\r?\n' | ForEach-Object { $_.Length | Should -BeLessOrEqual 80 }
    }

    It 'is left out <why>' -ForEach @(
        @{ why = 'of a file'; set = '' }
        @{ why = 'under NO_COLOR'; set = '$env:NO_COLOR = 1; ' }
    ) {
        if ($set) { $env:NO_COLOR = '1' }
        try {
            $file = Join-Path $TestDrive out.txt
            & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command "Import-Module '$manifest'; [JobAdmin.QueueJob]@{ Queue = 'a'; Id = '1'; State = 'Failed' } > '$file'"
            $out = Get-Content $file
        } finally { if ($set) { $env:NO_COLOR = $null } }
        $out -join "`n" | Should -Match 'Failed'
        $out -join "`n" | Should -Not -Match '\x1b'
    }
}
