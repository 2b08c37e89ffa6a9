# Who may only read, reads all and changes nothing: by -ReadOnly, and by the users of about_JobAdmin_Connections as they stand there.
BeforeDiscovery {
    $reads = @(
        @{ Read = 'Get-JobServer' }
        @{ Read = 'Test-JobServer' }
        @{ Read = 'Get-JobQueue' }
        @{ Read = 'Get-JobQueue emails | Format-List | Out-String' }
        @{ Read = 'Measure-JobQueue emails' }
        @{ Read = 'Test-JobQueue emails' }
        @{ Read = 'Watch-JobQueue -Once -AsObject' }
        @{ Read = 'Get-Job -Queue emails -IncludeData -IncludeLog' }
        @{ Read = 'Get-Job -Queue emails -State failed -Reason *oo* -Name j* -NewerThan 1d' }
        @{ Read = 'Get-Job 1 -Queue emails' }
        @{ Read = 'Find-Job emails n=1' }
        @{ Read = 'Get-JobFailure -Queue emails' }
        @{ Read = 'Get-JobLog 1 -Queue emails' }
        @{ Read = 'Get-JobFlow -Queue emails' }
        @{ Read = 'Get-JobScheduler' }
        @{ Read = 'Get-JobWorker' }
        @{ Read = 'Get-JobMetric emails' }
        @{ Read = 'Get-Job -Queue emails -State completed | Receive-Job' }
        @{ Read = 'Wait-Job 5 -Queue emails -Timeout 1' }
        @{ Read = 'Watch-JobEvent emails -From start -Count 3' }
        @{ Read = 'Export-Job -Queue emails -Path "$TestDrive/$([guid]::NewGuid()).jsonl"' }
        @{ Read = 'Repair-JobQueue emails -WhatIf' }
        @{ Read = 'Clear-JobQueue emails -State failed -WhatIf' }
        @{ Read = 'Remove-JobQueue emails -Force -WhatIf' }
        @{ Read = 'Get-Job -Queue emails -State failed | Invoke-JobRetry -WhatIf' }
    )
    $writes = @(
        @{ Write = 'Invoke-JobRetry 1 -Queue emails' }
        @{ Write = 'Invoke-JobRetry -Queue emails -State failed' }
        @{ Write = 'Invoke-JobPromotion -Queue emails -State delayed' }
        @{ Write = 'New-Job added -Queue emails' }
        @{ Write = 'Set-Job 9 -Queue emails -Data @{ a = 1 }' }
        @{ Write = 'Stop-Job 9 -Queue emails' }
        @{ Write = 'Remove-Job 2 -Queue emails' }
        @{ Write = 'Copy-Job 3 -Queue emails -Destination copies' }
        @{ Write = 'Suspend-JobQueue emails' }
        @{ Write = 'Set-JobQueue emails -Concurrency 3' }
        @{ Write = 'Clear-JobQueue emails -State completed' }
        @{ Write = 'Set-JobScheduler hourly -Queue emails -Every 1h -Name hourly' }
        @{ Write = 'Remove-JobScheduler nightly -Queue emails' }
        @{ Write = 'Import-Job TestDrive:/all.jsonl -NewName imported' }
        @{ Write = 'Remove-JobQueue emails -Force' }
    )
}
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    $page = Get-Content -Raw $PSScriptRoot/../../help/en-US/about_JobAdmin_Connections.md
    function Add-Data {
        Clear-Lab
        foreach ($user in 'viewer', 'operator') {
            $page -match "(?s)ACL (SETUSER $user .*?)``````" | Should -BeTrue
            $words = -split $Matches[1]
            [void](Invoke-Redis acl @words)
        }
        [void](Connect-JobServer $lab.Uri -Name all)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 4; completed = 3; active = 1; waiting = 2; prioritized = 2; delayed = 2 })
        [void](Invoke-Peer @{ do = 'addFlow'; queue = 'emails'; flow = @{ name = 'parent'; queueName = 'emails'; children = @(@{ name = 'child'; queueName = 'emails' }) } })
        [void](Invoke-Peer @{ do = 'upsertScheduler'; queue = 'emails'; id = 'nightly'; repeat = @{ every = 3600000 }; template = @{ name = 'nightly' } })
        [void](Invoke-Peer @{ do = 'log'; queue = 'emails'; id = '1'; args = @('a line') })
        Remove-Item "$TestDrive/all.jsonl" -ErrorAction Ignore
        [void](Export-Job -Queue emails -Path "$TestDrive/all.jsonl")
    }
    # What all jobs and queues hold, in one call; without the history and the wake-up calls.
    function Get-Digest {
        Invoke-Redis eval "local out = {} for _, key in ipairs(redis.call('KEYS', '*')) do if not (string.find(key, ':events$') or string.find(key, ':marker$') or string.find(key, ':stalled')) then out[#out + 1] = key .. redis.sha1hex(redis.call('DUMP', key)) end end table.sort(out) return redis.sha1hex(table.concat(out))" 0
    }
    function Connect-As([string] $User, [switch] $ReadOnly) {
        $login = [pscredential]::new($User, (ConvertTo-SecureString secret -AsPlainText))
        [void](Connect-JobServer $lab.Uri -Credential $login -Name it -ReadOnly:$ReadOnly)
    }
    # Everything that the server is told while a script runs, inside of scripts too.
    function Get-SentCommand([scriptblock] $Script) {
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $lab.Port)
        $reader = [IO.StreamReader]::new($client.GetStream(), [Text.Encoding]::Latin1)
        try {
            $client.GetStream().Write([Text.Encoding]::ASCII.GetBytes("MONITOR`r`n"))
            [void]$reader.ReadLine()
            [void](& $Script)
            $end = "end-$([guid]::NewGuid())"
            [void](Invoke-Redis echo $end)
            while (($line = $reader.ReadLine()) -notlike "*$end*") { if ($line -match '\] "([^"]*)"') { $Matches[1].ToLowerInvariant() } }
        }
        finally { $client.Dispose() }
    }
}
AfterAll { Stop-Lab }

Describe 'A reader' {
    BeforeAll {
        Add-Data
        $server = Invoke-Redis command
        $changing = [Collections.Generic.HashSet[string]]::new([string[]]@($server | Where-Object { $_[2] -contains 'write' } | ForEach-Object { $_[0] }))
        $changing.Contains('hset') -and -not $changing.Contains('hget') | Should -BeTrue
    }

    It 'reads with few rights: <Read>' -ForEach $reads {
        Connect-As viewer
        $before = Get-Digest
        & ([scriptblock]::Create("$Read -ErrorAction Stop")) 3>&1 | ForEach-Object { $_ } | Out-String | Should -Not -Match 'rights|refused|NOPERM'
        Get-Digest | Should -Be $before
    }

    It 'sends nothing that writes: <Read>' -ForEach $reads {
        [void](Connect-JobServer $lab.Uri -Name it -ReadOnly)
        $sent = Get-SentCommand { & ([scriptblock]::Create($Read)) }
        $sent | Where-Object { $changing.Contains($_) } | Sort-Object -Unique | Should -BeNullOrEmpty
    }

    It 'is refused before anything is sent: <Write>' -ForEach $writes {
        [void](Connect-JobServer $lab.Uri -Name it -ReadOnly)
        $before = Get-Digest
        $sent = Get-SentCommand { Get-ErrorId ([scriptblock]::Create("$Write -Confirm:`$false")) | Should -Be 'ReadOnlyConnection' }
        $sent | Where-Object { $changing.Contains($_) } | Should -BeNullOrEmpty
        Get-Digest | Should -Be $before
    }

    It 'is refused by the server: <Write>' -ForEach $writes {
        Connect-As viewer
        $before = Get-Digest
        Get-ErrorId ([scriptblock]::Create("$Write -Confirm:`$false")) | Should -BeIn 'AccessDenied', 'JobRefused'
        Get-Digest | Should -Be $before
    }
}

Describe 'Who may not read jobs' {
    BeforeEach { Add-Data }

    It 'is told so, and not that there are none: <Command> without <Right>' -ForEach @(
        @{ Right = '-hgetall'; Command = 'Export-Job -Queue emails -State failed -Path "$TestDrive/none.jsonl" -Force' }
        @{ Right = '-hgetall'; Command = 'Remove-Job -Queue emails -State failed -Backup "$TestDrive/none1.jsonl" -Confirm:$false' }
        @{ Right = '-hgetall'; Command = 'Remove-Job 1 -Queue emails -Backup "$TestDrive/none2.jsonl" -Confirm:$false' }
        @{ Right = '-hgetall'; Command = 'Clear-JobQueue emails failed -Backup "$TestDrive/none3.jsonl" -Confirm:$false' }
        @{ Right = '-hgetall'; Command = 'Clear-JobQueue emails waiting -Backup "$TestDrive/none4.jsonl" -Confirm:$false' }
        @{ Right = '-hget'; Command = 'Get-Job -Queue emails -State failed -Name j*' }
        @{ Right = '-hget'; Command = 'Invoke-JobRetry -Queue emails -State failed -Name j* -Confirm:$false' }
        @{ Right = '-hmget'; Command = 'Get-Job -Queue emails -State failed' }
        @{ Right = '-hmget'; Command = 'Get-Job 1 -Queue emails' }
        @{ Right = '-hmget'; Command = 'Invoke-JobRetry 1 -Queue emails -Confirm:$false' }
    ) {
        [void](Invoke-Redis acl setuser partly reset on '>secret' '~*' '&*' '+@all' $Right)
        Connect-As partly
        $before = Get-Digest
        Get-ErrorId ([scriptblock]::Create($Command)) | Should -BeIn 'AccessDenied', 'JobRefused'
        Get-Digest | Should -Be $before
    }

    It 'is told so where only the queue''s own keys may be read' {
        [void](Invoke-Redis acl setuser partly reset on '>secret' '~bull:emails:[a-z]*' '&*' '+@all')
        Connect-As partly
        Get-ErrorId { Get-Job -Queue emails -State failed } | Should -Be 'AccessDenied'
    }
}

Describe 'Who may read some queues only' {
    BeforeAll {
        Add-Data
        foreach ($queue in 'audit', 'zoo') { [void](Invoke-Peer @{ do = 'seed'; queue = $queue; failed = 2; completed = 2; waiting = 1 }) }
        [void](Invoke-Redis acl setuser partly reset on '>secret' '~bull:emails:*' '&*' '+@all')
    }

    It 'is given those, and told that others can''t be read: <Command>' -ForEach @(
        @{ Command = 'Get-JobQueue | ForEach-Object Name'; Gives = 'emails' }
        @{ Command = 'Test-JobQueue | ForEach-Object Queue | Select-Object -Unique'; Gives = 'emails' }
        @{ Command = 'Measure-JobQueue | ForEach-Object Queue'; Gives = 'emails' }
        @{ Command = 'Watch-JobQueue -Once -AsObject | ForEach-Object Queue'; Gives = 'emails' }
        @{ Command = 'Get-Job -State completed -First 2 | ForEach-Object Queue | Select-Object -Unique'; Gives = 'emails' }
        @{ Command = 'Get-JobQueue audit, emails, zoo | ForEach-Object Name'; Gives = 'emails' }
        @{ Command = 'Get-Job -Queue audit, emails, zoo -State completed -First 2 | ForEach-Object Queue | Select-Object -Unique'; Gives = 'emails' }
        @{ Command = 'Watch-JobEvent -Timeout 2 -From start | ForEach-Object Queue | Select-Object -Unique'; Gives = 'emails' }
        @{ Command = 'Watch-JobEvent audit, emails, zoo -Timeout 2 -From start | ForEach-Object Queue | Select-Object -Unique'; Gives = 'emails' }
        @{ Command = 'Get-JobMetric -Sparkline | ForEach-Object Queue'; Gives = 'emails' }
        @{ Command = "'audit', 'emails', 'zoo' | ForEach-Object { [pscustomobject]@{ Queue = `$_; Id = '1' } } | Wait-Job -Timeout 5 | ForEach-Object Queue"; Gives = 'emails' }
        @{ Command = "'audit', 'emails', 'zoo' | ForEach-Object { [pscustomobject]@{ Queue = `$_; Id = '5' } } | Receive-Job | ForEach-Object ok"; Gives = 'True' }
    ) {
        Connect-As partly
        $given = [Collections.Generic.List[object]]::new()
        $errors = [Collections.Generic.List[object]]::new()
        try { & ([scriptblock]::Create($Command)) 2>&1 | ForEach-Object { if ($_ -is [Management.Automation.ErrorRecord]) { $errors.Add($_) } else { $given.Add($_) } } }
        catch { $errors.Add($_) }
        $given | Should -Be $Gives
        $errors.Count | Should -BeGreaterThan 0
        foreach ($e in $errors) {
            $e.FullyQualifiedErrorId | Should -Match '^AccessDenied,'
            "$e" | Should -Match "^(The events of q|Q)ueue '(audit|zoo)'"
        }
    }

    It 'is told so by Test-JobServer, which is well otherwise' {
        Connect-As partly
        $report = Test-JobServer
        $report.Reachable | Should -BeTrue
        $report.Queues | Should -Be 1
        $report.Warnings -match "^Queue 'audit' and 1 more can't be read" | Should -Not -BeNullOrEmpty
    }
}

Describe 'An operator' {
    BeforeEach {
        Add-Data
        Connect-As operator
    }

    It 'may <Write>' -ForEach $writes {
        $before = Get-Digest
        & ([scriptblock]::Create("$Write -Confirm:`$false -ErrorAction Stop"))
        Get-Digest | Should -Not -Be $before
        if ($Write -like 'Suspend-*') {
            Resume-JobQueue emails -ErrorAction Stop
            (Get-JobQueue emails).IsPaused | Should -BeFalse
        }
    }

    It 'may nothing under another prefix' {
        [void](Invoke-Redis hset other:emails:meta version 'bullmq:6.7.0')
        $login = [pscredential]::new('operator', (ConvertTo-SecureString secret -AsPlainText))
        [void](Connect-JobServer $lab.Uri -Credential $login -Name other -Prefix other)
        Get-ErrorId { New-Job x -Queue emails } | Should -BeIn 'AccessDenied', 'JobRefused'
        Invoke-Redis exists other:emails:wait | Should -Be 0
    }
}
