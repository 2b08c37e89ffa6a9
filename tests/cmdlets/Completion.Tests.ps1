# What Tab offers, from the live server.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    [void](Connect-JobServer $lab.Uri -Name prod)
    [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 4; names = 'send', 'resize image'; reasons = 'SMTP timeout', "can't [1]"; delayed = 1 })
    [void](Invoke-Peer @{ do = 'seed'; queue = 'e mails'; waiting = 1 })
    [void](Invoke-Peer @{ do = 'seed'; queue = 'chat'; waiting = 2 })
    [void](Invoke-Peer @{ do = 'startWorker'; queue = 'chat'; opts = @{ name = 'mailer'; autorun = $false } })
    # On a busy machine the answer may come with the second Tab.
    function Get-Completion([string] $Line) {
        foreach ($tab in 1..3) {
            $found = (TabExpansion2 $Line $Line.Length).CompletionMatches
            if ($found.Count) { return $found }
        }
    }
}
AfterAll { Stop-Lab }

Describe 'Completion' {
    It 'offers <Expected> for <Line>' -ForEach @(
        @{ Line = 'Get-Job -Queue '; Expected = "chat 'e mails' emails" }
        @{ Line = 'Get-Job -Queue e'; Expected = "'e mails' emails" }
        @{ Line = "Get-Job -Queue 'e"; Expected = "'e mails' 'emails'" }
        @{ Line = 'Get-JobQueue c'; Expected = 'chat' }
        @{ Line = 'Get-JobQueue nothing'; Expected = '' }
        @{ Line = 'Get-Job -State wait'; Expected = 'waiting waiting-children' }
        @{ Line = 'Get-Job -Connection p'; Expected = 'prod' }
        @{ Line = 'Use-JobServer '; Expected = 'prod' }
        @{ Line = 'Get-Job -Queue emails -Name '; Expected = "'resize image' send" }
        @{ Line = 'Get-Job -Queue emails -Reason SMTP'; Expected = "'SMTP timeout'" }
        @{ Line = 'Get-Job -Queue emails -Reason can'; Expected = "'can''t ``[1``]'" }
        @{ Line = 'Watch-JobEvent emails -Event comp'; Expected = 'completed' }
        @{ Line = 'Wait-Job -Queue emails -For fin'; Expected = 'finished' }
        @{ Line = 'Clear-JobQueue emails -State comp'; Expected = 'completed' }
        @{ Line = 'Suspend-JobQueue emails -JobName re'; Expected = "'resize image'" }
        @{ Line = 'Get-Job -OlderThan 7'; Expected = '7d' }
        @{ Line = 'Watch-JobEvent -From st'; Expected = 'start' }
        @{ Line = 'Watch-JobQueue -Sort W'; Expected = 'Waiting' }
        @{ Line = "Set-JobScheduler nightly -Queue emails -Pattern '0 3"; Expected = "'0 3 * * *'" }
        @{ Line = 'New-Job -Backoff exp'; Expected = 'exponential:1s' }
        @{ Line = 'Connect-JobServer redis://l'; Expected = 'redis://localhost:6379' }
        @{ Line = 'Get-JobWorker -Name '; Expected = 'mailer' }
        @{ Line = 'New-Job -Queue emails -GroupId '; Expected = '' }
    ) {
        "$((Get-Completion $Line).CompletionText)" | Should -Be $Expected
    }

    It 'writes a name with wildcards so that it selects that name alone, for <Parameter>' -ForEach @(
        @{ Parameter = '-Queue'; Line = 'Get-Job -Queue '; Of = 'Queue' }
        @{ Parameter = '-Queue with -Id'; Line = 'Get-Job 1 -Queue '; Of = 'Queue' }
        @{ Parameter = 'a queue by position'; Line = 'Get-JobQueue '; Of = 'Name' }
        @{ Parameter = '-Name'; Line = 'Get-Job -Queue wild* -Name '; Of = 'Name' }
        @{ Parameter = '-Reason'; Line = 'Get-Job -Queue wild* -Reason '; Of = 'FailedReason' }
        @{ Parameter = '-Id of Find-Job'; Line = 'Find-Job -Queue wild* -Id '; Of = 'Id' }
    ) {
        $names = 'wild[a]', 'wilda', 'wild*', 'wild?x', 'wildyx', 'wild`b', 'wildb', 'wild]c'
        foreach ($name in $names) {
            foreach ($id in $name, 1) {
                [void](Invoke-Redis hset "bull:${name}:$id" name $name data '{}' opts '{}' timestamp 1700000000000 finishedOn 1700000000001 failedReason $name)
                [void](Invoke-Redis zadd "bull:${name}:failed" 1700000000001 $id)
            }
            [void](Invoke-Redis hset "bull:${name}:meta" version 'bullmq:6.7.0')
        }
        [void](Connect-JobServer $lab.Uri -Name "fresh$([guid]::NewGuid())")
        $found = (Get-Completion "${Line}wild").CompletionText
        $found.Count | Should -Be $names.Count
        foreach ($text in $found) {
            $selected = @(Invoke-Expression "$Line$text" | ForEach-Object $Of | Select-Object -Unique)
            $selected.Count | Should -Be 1 -Because $text
            $selected | Should -BeIn $names
            ($seen ??= @()) | Should -Not -Contain $selected[0]
            $seen += $selected
        }
        # What is half written goes on, also behind a bracket that is open or escaped.
        foreach ($begun in 'wild[', "'wild``[a``") { @((Get-Completion "$Line$begun").CompletionText) | Should -Be "'wild``[a``]'" }
        Use-JobServer prod
        foreach ($name in $names) { foreach ($key in $name, 1, 'failed', 'meta') { [void](Invoke-Redis del "bull:${name}:$key") } }
    }

    It 'writes a name as it is where no pattern is taken' {
        [void](Invoke-Redis hset 'bull:plain[1]:meta' version 'bullmq:6.7.0')
        [void](Connect-JobServer $lab.Uri -Name "fresh$([guid]::NewGuid())")
        foreach ($line in 'New-Job x -Queue ', 'Copy-Job -Destination ', 'Set-JobScheduler x -Queue ') { (Get-Completion "${line}plain").CompletionText | Should -Be 'plain[1]' }
        Use-JobServer prod
        [void](Invoke-Redis del 'bull:plain[1]:meta')
    }

    It 'offers ids of the state that a command works on, with name and state beside them' {
        (Get-Completion 'Invoke-JobRetry -Queue emails -Id ').CompletionText | Sort-Object | Should -Be '1', '2', '3', '4'
        (Get-Completion 'Invoke-JobPromotion -Queue emails -Id ').CompletionText | Should -Be '5'
        (Get-Completion 'Get-Job -Queue emails -State failed -Id ').Count | Should -Be 4
        (Get-Completion 'Invoke-JobRetry -Queue emails -Id 1').ToolTip | Should -BeLike 'send, failed, queue emails: SMTP timeout'
    }

    It 'shows counts beside the queues' {
        (Get-Completion 'Get-Job -Queue chat').ToolTip | Should -BeLike 'chat: 2 waiting*'
    }

    It 'never offers background jobs where a queue job is meant' {
        $job = Start-Job { 1 }
        try { (Get-Completion 'Get-Job -Queue chat -Id ').CompletionText | Sort-Object | Should -Be '1', '2' }
        finally { Microsoft.PowerShell.Core\Remove-Job $job -Force }
    }

    It 'writes <Name> so that it is read back as it is, and shows nothing that a terminal would obey' -ForEach @(
        @{ Name = "a$([char]0x2019); throw 'run'; $([char]0x2019)b" }
        @{ Name = "a$([char]0x201d); throw 'run'; $([char]0x201d)b" }
        @{ Name = "`e[31mred`e[0m" }
        @{ Name = "two`r`nlines `$(throw 'run')" }
        @{ Name = "rtl$([char]0x202e)txt`"``" }
        @{ Name = "$([char]0x2013)Force" }
    ) {
        [void](Invoke-Redis hset bull:hostile:h1 name $Name data '{}' opts '{}' timestamp 1700000000000 finishedOn 1700000000001 failedReason x)
        [void](Invoke-Redis zadd bull:hostile:failed 1700000000001 h1)
        [void](Invoke-Redis hset bull:hostile:meta version 'bullmq:6.7.0')
        foreach ($quote in '', "'", '"') {
            [void](Connect-JobServer $lab.Uri -Name "fresh$([guid]::NewGuid())")
            $found = Get-Completion "Get-Job -Queue hostile -Name $quote" | Select-Object -First 1
            $tokens = $errors = $null
            $tree = [System.Management.Automation.Language.Parser]::ParseInput("Get-Job -Name $($found.CompletionText)", [ref]$tokens, [ref]$errors)
            $errors | Should -BeNullOrEmpty
            $elements = $tree.EndBlock.Statements[0].PipelineElements[0].CommandElements
            $tree.EndBlock.Statements.Count | Should -Be 1
            $elements.Count | Should -Be 3
            $elements[2].Value | Should -BeExactly ($Name -replace '[`\[\]]', '`$0')
            "$($found.ListItemText)$($found.ToolTip)" -replace "`n" | Should -Not -Match '[\x00-\x1f\x7f-\x9f\u202a-\u202e]'
        }
    }

    It 'is fast, and remembers' {
        $many = 1..300 | ForEach-Object { @{ do = 'add'; queue = "q$_" } }
        foreach ($command in $many) { [void](Invoke-Peer $command) }
        [void](Connect-JobServer $lab.Uri -Name fresh)
        (Measure-Command { Get-Completion 'Get-Job -Queue q' }).TotalMilliseconds | Should -BeLessThan 700
        (Measure-Command { Get-Completion 'Get-Job -Queue q' }).TotalMilliseconds | Should -BeLessThan 200
    }

    It 'is silent without a connection, or when the server is gone' {
        $other = Start-TestRedis
        [void](Connect-JobServer $other.Uri -Name gone)
        Stop-TestRedis $other
        $watch = [Diagnostics.Stopwatch]::StartNew()
        Get-Completion 'Get-JobQueue zzz' | Should -BeNullOrEmpty
        $watch.ElapsedMilliseconds / 3 | Should -BeLessThan 900
        Get-JobServer | Disconnect-JobServer
        Get-Completion 'Get-JobQueue zzz' | Should -BeNullOrEmpty
    }
}
