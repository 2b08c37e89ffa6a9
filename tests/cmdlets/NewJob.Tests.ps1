# New-Job, checked by BullMQ: its own library reads the jobs, and its workers run them.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    function Get-Peer([string] $Id, [string] $Queue = 'emails') { Invoke-Peer @{ do = 'getJob'; queue = $Queue; id = $Id } }
}
AfterAll { Stop-Lab }

Describe 'New-Job' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'add'; queue = 'emails' })
    }

    It 'adds a job, silently, and with -PassThru says which' {
        New-Job welcome -Queue emails | Should -BeNullOrEmpty
        $outcome = New-Job -Queue emails -Name welcome -Data @{ to = 'a@b.c' } -PassThru
        $outcome.Status | Should -Be Added
        $outcome.NewId | Should -Be 3
        $job = Get-Peer 3
        $job.name | Should -Be welcome
        $job.data.to | Should -Be 'a@b.c'
        (Invoke-Peer @{ do = 'work'; queue = 'emails' }).name | Should -Be 'job', 'welcome', 'welcome'
    }

    It 'makes a queue that says by whose scripts, as their own library does, and BullMQ <_> goes on with it' -ForEach '6.7', '5.81' {
        $number = (Get-Content $PSScriptRoot/../peers/package.json | ConvertFrom-Json).dependencies.($_ -eq '6.7' ? 'bullmq' : 'bullmq5') -replace '^.*@'
        New-Job first -Queue fresh
        New-Job next -Queue fresh
        Invoke-Redis hget bull:fresh:meta version | Should -Be (Invoke-Redis hget bull:emails:meta version)
        Invoke-Redis hget bull:fresh:meta opts.maxLenEvents | Should -Be 10000
        (Stop-Job 2 -Queue fresh -Confirm:$false -PassThru).Status | Should -Be Stopped
        [void](Invoke-Peer @{ do = 'add'; queue = 'fresh'; lib = $_ })
        Invoke-Redis hget bull:fresh:meta version | Should -Be "bullmq:$number"
        New-Job last -Queue fresh
        Invoke-Redis hget bull:fresh:meta version | Should -Be "bullmq:$number"
        [void](Invoke-Peer @{ do = 'work'; queue = 'fresh'; lib = $_ })
        (Get-JobQueue fresh).Completed | Should -Be 3
        (Get-Job 2 -Queue fresh).FailedReason | Should -BeLike 'Stopped by *'
    }

    It 'leaves a queue alone that has no version' {
        [void](Invoke-Redis hset bull:ported:meta opts.maxLenEvents 500)
        New-Job x -Queue ported
        Invoke-Redis hexists bull:ported:meta version | Should -Be 0
    }

    It 'takes data as <_>' -ForEach 'hashtable', 'object', 'JSON' {
        $data = switch ($_) {
            hashtable { [ordered]@{ n = 1; list = 1, 'two', $null; deep = @{ ok = $true }; when = [datetime]::new(2025, 1, 2, 3, 4, 5, [DateTimeKind]::Utc); big = 12345678901234567890; text = "é`n" } }
            object { [pscustomobject]@{ n = 1; list = 1, 'two', $null; deep = [pscustomobject]@{ ok = $true }; when = [datetimeoffset]'2025-01-02T03:04:05Z'; big = 12345678901234567890; text = "é`n" } }
            JSON { '{"n":1,"list":[1,"two",null],"deep":{"ok":true},"when":"2025-01-02T03:04:05.000Z","big":12345678901234567890,"text":"é\n"}' }
        }
        New-Job x $data -Queue emails
        Invoke-Redis hget bull:emails:2 data | Should -BeExactly '{"n":1,"list":[1,"two",null],"deep":{"ok":true},"when":"2025-01-02T03:04:05.000Z","big":12345678901234567890,"text":"é\n"}'
    }

    It 'adds one for each object that is piped, in order' {
        $outcomes = 1..1200 | ForEach-Object { [pscustomobject]@{ n = $_ } } | New-Job -Queue emails -Name bulk -PassThru
        $outcomes.Count | Should -Be 1200
        $outcomes.NewId | Should -Be (2..1201)
        (Get-Peer 1201).data.n | Should -Be 1200
    }

    It 'sends what a slow pipeline gives without waiting for its end' {
        & { 1; Start-Sleep -Milliseconds 800; Invoke-Redis exists bull:emails:2 | Should -Be 1; 2 } | New-Job -Queue emails -Name slow
    }

    It 'sets all that BullMQ has' {
        New-Job x -Queue emails -Id custom -Priority 3 -Attempts 5 -Backoff exponential:1s -KeepCompleted 100, 7d -KeepFailed 30d -Option @{ keepLogs = 10 } -Delay 1h
        $job = Get-Peer custom
        $job.state | Should -Be delayed
        $options = $job.opts
        $options.priority, $options.attempts, $options.keepLogs, $options.delay | Should -Be 3, 5, 10, 3600000
        "$($options.backoff)" | Should -Match 'type=exponential' 
        $options.backoff.delay | Should -Be 1000
        $options.removeOnComplete.count, $options.removeOnComplete.age | Should -Be 100, 604800
        $options.removeOnFail.age | Should -Be 2592000
    }

    It 'reads -Backoff <Given> and -KeepCompleted <Keep>' -ForEach @(
        @{ Given = '5s'; Type = 'fixed'; Delay = 5000; Keep = 0; Kept = $true }
        @{ Given = 'custom:250ms'; Type = 'custom'; Delay = 250; Keep = '50'; Kept = 50 }
        @{ Given = @{ Type = 'exponential'; Delay = '2s' }; Type = 'exponential'; Delay = 2000; Keep = 10; Kept = 10 }
    ) {
        New-Job x -Queue emails -Backoff $Given -KeepCompleted $Keep
        $options = (Get-Peer 2).opts
        $options.backoff.type | Should -Be $Type
        $options.backoff.delay | Should -Be $Delay
        $options.removeOnComplete | Should -Be $Kept
    }

    It 'takes the last of options that come twice, and half an emoji, as JavaScript does' {
        New-Job x -Queue emails -Id odd -Option '{"keepLogs":1,"keepLogs":2,"mine":"\ud83d","backoff":{"type":"a","type":"fixed","delay":5}}'
        $opts = Invoke-Redis hget bull:emails:odd opts | ConvertFrom-Json
        $opts.kl, $opts.backoff.type, $opts.mine | Should -Be 2, 'fixed', "$([char]0xFFFD)"
    }

    It 'refuses a backoff whose delay is null, and takes one without' {
        { New-Job x -Queue emails -Backoff @{ Type = 'fixed'; Delay = $undefined } } | Should -Throw '*The Delay of Backoff is null*'
        Get-ErrorId { New-Job x -Queue emails -Children @{ Name = 'y'; Backoff = @{ Delay = $undefined } } } | Should -Be InvalidSetting
        New-Job x -Queue emails -Backoff @{ Type = 'custom' }
        (Get-Peer 2).opts.backoff.type | Should -Be custom
    }

    It 'goes before the others with -Lifo' {
        New-Job last -Queue emails
        New-Job first -Queue emails -Lifo
        (Invoke-Peer @{ do = 'work'; queue = 'emails' }).name | Should -Be 'first', 'job', 'last'
    }

    It 'adds nothing twice under one id, and says so' {
        New-Job x -Queue emails -Id only
        Get-ErrorId { New-Job x -Queue emails -Id only } | Should -Be JobExists
        (New-Job x -Queue emails -Id only -PassThru -ErrorAction Ignore).Status | Should -Be AlreadyExists
    }

    It 'takes a deduplicated job for what it is, no error' {
        New-Job x -Queue emails -DeduplicationId d -DeduplicationTtl 1m
        $again = New-Job x -Queue emails -DeduplicationId d -DeduplicationTtl 1m -PassThru -ErrorAction Stop
        $again.Status | Should -Be AlreadyExists
        $again.Id | Should -Be 2
        Invoke-Redis pttl bull:emails:de:d | Should -BeGreaterThan 50000
    }

    It 'takes a deduplication among the options as it takes -DeduplicationId' {
        $options = @{ deduplication = @{ id = 'dx' } }
        (New-Job x -Queue emails -Option $options -PassThru).Id | Should -Be 2
        $again = New-Job x -Queue emails -Option $options -PassThru -ErrorAction Stop
        $again.Status | Should -Be AlreadyExists
        $again.Id | Should -Be 2
    }

    It 'adds flows, whose parent runs after its children' {
        $id = (New-Job print @{ pages = 2 } -Queue emails -PassThru -Children @(
                @{ Name = 'page'; Data = @{ n = 1 }; Queue = 'pages'; Attempts = 2 }
                [pscustomobject]@{ Name = 'cover'; Queue = 'pages'; Children = @(@{ Name = 'image'; Queue = 'pages'; Option = @{ failParentOnFailure = $true } }) }
            ) 3>$null).NewId
        (Get-Peer $id).state | Should -Be 'waiting-children'
        (Invoke-Peer @{ do = 'work'; queue = 'pages' }).name | Should -Be 'page', 'image', 'cover'
        (Invoke-Peer @{ do = 'work'; queue = 'emails' }).name | Should -Contain 'print'
    }

    It 'warns of a queue that was not there, once' {
        $warnings = & { 1..3 | New-Job -Queue emial -Name x } 3>&1
        @($warnings).Count | Should -Be 1
        "$warnings" | Should -BeLike "*no queue 'emial'*"
    }

    It 'uses the default queue, and asks for one where there is none' {
        [void](Connect-JobServer $lab.Uri -Queue emails)
        New-Job x
        (Get-Peer 2).name | Should -Be x
        [void](Connect-JobServer $lab.Uri)
        Get-ErrorId { New-Job x } | Should -Be QueueMissing
    }

    It 'refuses <Case> and adds nothing' -ForEach @(
        @{ Case = 'broken JSON'; Id = 'InvalidJson'; Script = { New-Job x '{"a":' -Queue emails } }
        @{ Case = 'a plain text'; Id = 'InvalidJson'; Script = { New-Job x hello -Queue emails } }
        @{ Case = 'options that are no object'; Id = 'InvalidJson'; Script = { New-Job x -Queue emails -Option '[1]' } }
        @{ Case = 'a number as id'; Id = 'JobRefused'; Script = { New-Job x -Queue emails -Id 42 } }
        @{ Case = 'a child without a name'; Id = 'InvalidSetting'; Script = { New-Job x -Queue emails -Children @{ Queue = 'a' } } }
        @{ Case = 'a child with a mistyped setting'; Id = 'InvalidSetting'; Script = { New-Job x -Queue emails -Children @{ Name = 'a'; Prioritty = 1 } } }
        @{ Case = 'an id among the options'; Id = 'InvalidSetting'; Script = { New-Job x -Queue emails -Option @{ jobId = 'once' } } }
        @{ Case = 'a parent among the options'; Id = 'InvalidSetting'; Script = { New-Job x -Queue emails -Option @{ parent = @{ id = '1'; queue = 'bull:emails' } } } }
        @{ Case = 'a schedule among the options'; Id = 'InvalidSetting'; Script = { New-Job x -Queue emails -Option '{"repeat":{"every":1000}}' } }
        @{ Case = 'an id among the options of a child'; Id = 'InvalidSetting'; Script = { New-Job x -Queue emails -Children @{ Name = 'y'; Option = @{ jobId = 'once' } } } }
        @{ Case = 'an id under which the queue keeps its failed jobs'; Id = 'JobRefused'; Script = { New-Job x -Queue emails -Id failed } }
        @{ Case = 'an id under which the queue keeps its mark for workers'; Id = 'JobRefused'; Script = { New-Job x -Queue emails -Children @{ Name = 'y'; Id = 'marker' } } }
        @{ Case = 'two children of one id'; Id = 'JobRefused'; Script = { New-Job x -Queue emails -Children @{ Name = 'y'; Id = 'a' }, @{ Name = 'z'; Id = 'a' } } }
        @{ Case = 'a job that is its own child'; Id = 'JobRefused'; Script = { New-Job x -Queue emails -Id a -Children @{ Name = 'y'; Id = 'a' } } }
        @{ Case = 'a number written as text among the options'; Id = 'InvalidSetting'; Script = { New-Job x -Queue emails -Option @{ removeOnComplete = '100' } } }
        @{ Case = 'a delay written as text'; Id = 'InvalidSetting'; Script = { New-Job x -Queue emails -Option '{"delay":"60000"}' } }
        @{ Case = 'a number beyond all'; Id = 'InvalidSetting'; Script = { New-Job x -Queue emails -Option '{"delay":1e400}' } }
        @{ Case = 'a deduplication that is only a text'; Id = 'InvalidSetting'; Script = { New-Job x -Queue emails -Option @{ deduplication = 'once' } } }
        @{ Case = 'an option in other letters than BullMQ''s'; Id = 'InvalidSetting'; Script = { New-Job x -Queue emails -Option @{ Attempts = 3 } } }
        @{ Case = 'a child that is tried less than once'; Id = 'InvalidSetting'; Script = { New-Job x -Queue emails -Children @{ Name = 'y'; Attempts = -1 } } }
        @{ Case = 'a group on a server without groups'; Id = 'NotSupported'; Script = { New-Job x -Queue emails -GroupId acme } }
        @{ Case = 'a lifetime without an id'; Id = 'ParameterConflict'; Script = { New-Job x -Queue emails -DeduplicationTtl 1m } }
        @{ Case = 'a delay that is not set'; Id = 'ParameterArgumentValidationError'; Script = { New-Job x -Queue emails -Delay $undefined } }
        @{ Case = 'a time to keep that is not set'; Id = 'ParameterArgumentValidationError'; Script = { New-Job x -Queue emails -KeepCompleted $undefined } }
        @{ Case = 'a time to keep beyond all'; Id = 'ParameterArgumentTransformationError'; Script = { New-Job x -Queue emails -KeepCompleted 1000000000d } }
        @{ Case = 'what holds itself'; Id = 'InvalidJson'; Script = { $a = @{}; $a.a = $a; New-Job x $a -Queue emails } }
    ) {
        $before = Get-Keyspace
        Get-ErrorId $Script | Should -Be $Id
        Get-Keyspace | Should -Be $before
    }

    It 'names the place in broken JSON, and goes on with the rest of the pipeline' {
        $broken = '{' + "`n" + ' "a": }'
        "$(Get-ErrorOf { New-Job x $broken -Queue emails })" | Should -BeLike '*line 2, place 7*'
        $errors = $null
        '{"n":1}', '{"n":', '{"n":3}' | New-Job -Queue emails -Name x -ErrorAction SilentlyContinue -ErrorVariable errors
        $errors.Count | Should -Be 1
        (Get-Peer 3).data.n | Should -Be 3
    }

    It 'writes nothing with -WhatIf, or read-only' {
        $before = Get-Keyspace
        Get-ErrorId { New-Job x -Queue a:b -WhatIf } | Should -Be InvalidQueueName
        Get-ErrorId { New-Job x -Queue emails -Children @{ Name = 'c'; Queue = 'a:b' } -WhatIf } | Should -Be InvalidQueueName
        1..3 | New-Job -Queue emails -Name x -WhatIf
        [void](Connect-JobServer $lab.Uri -ReadOnly)
        # A preview promises no job that would be refused.
        Get-ErrorId { New-Job x -Queue emails -Id 5 -WhatIf } | Should -Be JobRefused
        Get-ErrorId { New-Job x -Queue emails -Children @{ Name = 'y'; Id = '7' } -WhatIf } | Should -Be JobRefused
        Get-ErrorId { New-Job x -Queue emails -Id a -Children @{ Name = 'y'; Id = 'a' } -WhatIf } | Should -Be JobRefused
        Get-ErrorId { New-Job x -Queue emails } | Should -Be ReadOnlyConnection
        Get-Keyspace | Should -Be $before
    }

    It 'completes queues and names, and offers nothing for a new id' {
        (TabExpansion2 'New-Job -Queue em').CompletionMatches.CompletionText | Should -Contain emails
        (TabExpansion2 'New-Job -Queue emails -Name j').CompletionMatches.CompletionText | Should -Contain job
    }
}
