# What an operator relies on in production: nothing hostile is let out, nothing is destroyed unasked, and a session can be long and crowded.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    # Bytes that no text can carry are written by Lua, and a job's content is compared by its digest.
    function New-HostileJob([string] $Id, [string] $Name, [string] $Reason, [string] $Data) {
        [void](Invoke-Redis eval "redis.call('HSET', 'bull:emails:' .. ARGV[1], 'name', ARGV[2], 'failedReason', ARGV[3], 'data', ARGV[4], 'raw', '\255\0\254', 'opts', '{}', 'timestamp', 1700000000000, 'finishedOn', 1700000000001) redis.call('ZADD', 'bull:emails:failed', 1700000000001, ARGV[1])" 0 $Id $Name $Reason $Data)
    }
    function Get-Digest([string] $Queue) {
        Invoke-Redis eval "local out = {} for _, id in ipairs(redis.call('ZRANGE', ARGV[1] .. 'failed', 0, -1)) do local all, fields = redis.call('HGETALL', ARGV[1] .. id), {} for i = 1, #all, 2 do fields[#fields + 1] = #all[i] .. all[i] .. #all[i + 1] .. all[i + 1] end table.sort(fields) out[#out + 1] = #id .. id .. table.concat(fields) end return redis.sha1hex(table.concat(out))" 0 "bull:${Queue}:"
    }
    $esc = [char]27
}
AfterAll { Stop-Lab }

Describe 'Hostile data' {
    BeforeAll {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name c)
        [void](Invoke-Peer @{ do = 'counts'; queue = 'emails' })
        $hostile = "$esc[31mred$esc[0m", "two`r`nlines", "bell$([char]7)del$([char]127)c1$([char]0x9b)31m", "rtl$([char]0x202e)txt", "null$([char]0)end", '=cmd|''/c calc''!A0', "$esc]0;title$([char]7)", '__proto__', '$(throw 1)', ('x' * 1MB)
        $n = 0
        foreach ($text in $hostile) { New-HostileJob "h$((++$n))" $text $text (ConvertTo-Json @{ text = $text }) }
        New-HostileJob 'h20' 'deep' 'deep' ('[' * 900 + ']' * 900)
        New-HostileJob 'h21' 'numbers' '1e999' '{"a":1e999,"b":123456789012345678901234567890,"a":2,"__proto__":{"x":1},"PSObject":1,"":2}'
        New-HostileJob 'h22' 'no json' 'no json' '{"a":'
        New-HostileJob "id$esc[2J" 'id' 'id' '{}'
        $jobs = Get-Job -Queue emails -State failed -IncludeData
    }

    It 'is raw in properties' {
        $jobs.Count | Should -Be ($hostile.Count + 4)
        foreach ($i in 1..$hostile.Count) {
            $job = $jobs | Where-Object Id -CEQ "h$i"
            $job.Name | Should -BeExactly $hostile[$i - 1]
            $job.FailedReason | Should -BeExactly $hostile[$i - 1]
            $job.Data.text | Should -BeExactly $hostile[$i - 1]
        }
        ($jobs | Where-Object Id -EQ h21).Data.a | Should -Not -BeNullOrEmpty
        ($jobs | Where-Object Id -EQ h22).Data | Should -Be '{"a":'
    }

    It 'is visible in views, and moves neither cursor nor colour: <_>' -ForEach 'Format-Table', 'Format-List', 'Format-Table -Wrap', 'Format-Wide' {
        $shown = & ([scriptblock]::Create("`$args[0] | $_ | Out-String -Width 120")) ($jobs | Where-Object Id -NE 'h10')
        $shown -replace "\r?\n" | Should -Not -Match '[\x00-\x1a\x1c-\x1f\x7f\x80-\x9f\u202a-\u202e]'
        # Colours of our own are all that may be there.
        $shown -replace "$esc\[[0-9;]*m" | Should -Not -Match $esc
        $shown | Should -Not -Match "$esc\[31mred"
    }

    It 'is visible in messages' {
        $said = Get-ErrorOf { Get-Job -Queue emails -Id "no$esc[2Jsuch`a" } | ForEach-Object { "$_" }
        $said | Should -Not -BeNullOrEmpty
        $said | Should -Not -Match "[\x00-\x08\x0e-\x1f\x7f]"
    }

    It 'comes back byte for byte from an export' {
        $before = Get-Digest emails
        Export-Job -Queue emails -Path "$TestDrive/hostile.jsonl.gz"
        (Import-Job "$TestDrive/hostile.jsonl.gz" -NewName mails -PassThru).Added | Should -Be $jobs.Count
        Get-Digest mails | Should -Be $before
    }

    It 'comes byte for byte into a copy' {
        [void](Invoke-Redis eval 'redis.call("HSET", "bull:emails:h30", "name", "bytes", "data", "{\"a\":\"\255\",\"n\":1e999}", "opts", "{}", "timestamp", 1700000000000, "finishedOn", 1700000000001) redis.call("ZADD", "bull:emails:failed", 1700000000001, "h30")' 0)
        Get-Job -Queue emails -State failed | Copy-Job -Destination copies
        $script = "local out = {} for _, id in ipairs(redis.call(ARGV[2], unpack(ARGV, 3))) do out[#out + 1] = redis.sha1hex(redis.call('HGET', ARGV[1] .. id, 'name') .. '|' .. redis.call('HGET', ARGV[1] .. id, 'data')) end table.sort(out) return out"
        $copies = Invoke-Redis eval $script 0 bull:copies: LRANGE bull:copies:wait 0 -1
        $copies | Should -Be (Invoke-Redis eval $script 0 bull:emails: ZRANGE bull:emails:failed 0 -1)
    }

    It 'is a text in a CSV file, which runs nothing' {
        $jobs | Where-Object Id -EQ h6 | Export-Csv "$TestDrive/x.csv"
        (Import-Csv "$TestDrive/x.csv").Name | Should -BeExactly $hostile[5]
    }
}

Describe 'Hostile data in the views of all commands' {
    BeforeAll {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name c)
        [void](Invoke-Peer @{ do = 'counts'; queue = 'emails' })
        $hostile = "$esc[31mred$esc[0m", "two`r`nlines", "$esc]0;title$([char]7)$([char]0x9b)1m$([char]0x202e)"
        foreach ($i in 0..2) { New-HostileJob "h$i" $hostile[$i] $hostile[$i] (ConvertTo-Json @{ text = $hostile[$i] }) }
        New-HostileJob "id$esc[2J" 'id' 'id' '{}'
        [void](Invoke-Redis rpush bull:emails:h1:logs $hostile[0] $hostile[1] $hostile[2])
        [void](Invoke-Redis xadd bull:emails:events '*' event $hostile[0] jobId "id$esc[2J" name $hostile[2] failedReason $hostile[0] "x$esc[1m" $hostile[1])
        [void](Invoke-Redis xadd bull:emails:events '*' event failed jobId h1 failedReason $hostile[0])
        [void](Invoke-Redis hset "bull:emails:repeat:s$esc[2J" name $hostile[0] every 3600000 data (ConvertTo-Json @{ a = $hostile[0] }))
        [void](Invoke-Redis zadd bull:emails:repeat 1900000000000 "s$esc[2J")
        [void](Invoke-Redis hset "bull:q$esc[31m:meta" version "bullmq:6$esc[31m")
        [void](Invoke-Redis hset "bull:q$esc[31m:old$esc[2J" name $hostile[0] timestamp 1700000000000 data '{}' opts '{}')
        [void](Invoke-Redis lpush "bull:q$esc[31m:wait" "old$esc[2J")
        [void](Invoke-Redis hset bull:emails:parent name $hostile[0] timestamp 1700000000000 data '{}' opts '{}')
        [void](Invoke-Redis zadd bull:emails:waiting-children 1700000000000 parent)
        [void](Invoke-Redis sadd bull:emails:parent:dependencies "bull:q$esc[31m:old$esc[2J")
        [void](Invoke-Redis hset "bull:emails:lost$esc[2J" name $hostile[0] timestamp 1700000000000 data '{}' opts '{}')
    }

    It 'is visible, alive and from a background job: <_>' -ForEach @(
        'Get-Job -Queue emails -IncludeData', 'Get-Job h1 -Queue emails -IncludeLog', 'Get-JobFailure -Queue emails', 'Find-Job emails $.text=*red*', 'Watch-JobEvent emails -From start -Timeout 1', 'Get-JobLog h1 -Queue emails',
        'Get-JobFlow parent -Queue emails', 'Get-JobScheduler -Queue emails', 'Get-JobQueue', 'Test-JobQueue *', 'Measure-JobQueue emails', 'Measure-JobQueue emails -ByName -Sample 1000', 'Watch-JobQueue -Once -AsObject',
        'Watch-JobQueue -Once', 'Get-JobServer', 'Test-JobServer', 'Repair-JobQueue emails -Kind OrphanedKey -PassThru -Confirm:$false', 'Invoke-JobRetry h1, h2, "no`e[2J" -Queue emails -PassThru', 'Copy-Job h0 -Queue emails -Destination c -PassThru',
        'Remove-JobQueue "q`e``[31m" -PassThru -Confirm:$false'
    ) {
        $all = & ([scriptblock]::Create("$_ *>&1"))
        $all | Should -Not -BeNullOrEmpty
        $copies = $all | Where-Object { $_ -isnot [System.Management.Automation.ErrorRecord] } | ForEach-Object { [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($_)) }
        foreach ($view in { $all | Out-String -Width 120 }, { $all | Format-List | Out-String -Width 120 }, { $copies | Out-String -Width 120 }, { $copies | Format-List | Out-String -Width 120 }) {
            $shown = & $view
            $shown -replace "\r?\n" -replace "$esc\[[0-9;]*m" | Should -Not -Match '[\x00-\x1f\x7f\x80-\x9f\u202a-\u202e]' -Because "$view"
            $shown | Should -Not -Match "$esc\[31mred|q$esc|old$esc" -Because "$view"
        }
    }
}

Describe 'What destroys' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name c)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 7; completed = 4; waiting = 3; delayed = 2; names = 'send', 'print' })
    }

    It 'does to as many as -WhatIf said: <Command>' -ForEach @(
        @{ Command = 'Clear-JobQueue emails -State failed' }
        @{ Command = 'Clear-JobQueue emails -State failed, completed, delayed -Name send' }
        @{ Command = 'Clear-JobQueue emails -State waiting -Max 2' }
        @{ Command = 'Remove-JobQueue emails' }
    ) {
        $said = pwsh -NoProfile -NonInteractive -Command "Import-Module '$(Get-Manifest)'; `$c = Connect-JobServer $($lab.Uri); $Command -WhatIf" | Out-String
        $said -match 'Delete .*?(\d+) ' | Should -BeTrue
        (& ([scriptblock]::Create("$Command -Confirm:`$false -PassThru"))).Removed | Should -Be ([int]$Matches[1])
    }

    It 'wants a queue that is deleted to be named, or -Force' {
        $before = Get-JobContent
        Get-ErrorId { Remove-JobQueue e* -Confirm:$false } | Should -Be 'QueueNotNamed'
        Get-JobContent | Should -Be $before
        Remove-JobQueue e* -Force -Confirm:$false
        Get-JobQueue | Should -BeNullOrEmpty
    }

    It 'leaves a queue of BullMQ Pro alone without -Force' {
        [void](Invoke-Redis hset bull:emails:meta version bullmq-pro:7.0.0)
        $before = Get-JobContent
        foreach ($script in { Clear-JobQueue emails -State failed -Confirm:$false }, { Remove-JobQueue emails -Confirm:$false }) { Get-ErrorId $script | Should -Be 'UnsupportedLayout' }
        Get-JobContent | Should -Be $before
        (Clear-JobQueue emails -State failed -Force -Confirm:$false -PassThru).Removed | Should -Be 7
    }

    It 'leaves what waits alone without -Force when some of it is paused and some is not' {
        [void](Invoke-Redis hset bull:emails:meta paused 1 version bullmq:5.81.5)
        [void](Invoke-Redis hset bull:emails:p1 name job data '{}' opts '{}' timestamp 1700000000000)
        [void](Invoke-Redis rpush bull:emails:paused p1)
        $before = Get-JobContent
        foreach ($script in { Clear-JobQueue emails -State waiting -Confirm:$false }, { Clear-JobQueue emails -State waiting -Backup "$TestDrive/b.jsonl" -Confirm:$false }, { Remove-JobQueue emails -Confirm:$false }) { Get-ErrorId $script | Should -Be 'MixedPause' }
        Get-JobContent | Should -Be $before
        (Clear-JobQueue emails -State failed -Confirm:$false -PassThru).Removed | Should -Be 7
        (Clear-JobQueue emails -State waiting -Force -Confirm:$false -PassThru).Removed | Should -Be 4
    }

    It 'leaves a queue of classic Bull alone, with -Force too' {
        [void](Invoke-Peer @{ do = 'add'; queue = 'old'; lib = 'bull' })
        $before = Get-JobContent
        foreach ($script in { Clear-JobQueue old -State waiting -Force -Confirm:$false }, { Remove-JobQueue old -Force -Confirm:$false }) { Get-ErrorId $script | Should -Be 'UnsupportedLayout' }
        Get-JobContent | Should -Be $before
    }
}

Describe 'A session' {
    BeforeAll {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name c)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 40; waiting = 5 })
    }

    It 'connects and lets go again and again, and keeps nothing: no client at the server, no thread, no error that nobody saw' {
        Add-Type 'using System.Threading.Tasks; public static class JobAdminUnobserved { public static int Count; static JobAdminUnobserved() => TaskScheduler.UnobservedTaskException += (_, e) => { if (e.Exception.ToString().Contains("JobAdmin")) Count++; }; public static void Start() { } }'
        [JobAdminUnobserved]::Start()
        $clients = { @((Invoke-Redis client list) -split "`n" -match 'id=').Count }
        $before = & $clients
        $threads = (Get-Process -Id $PID).Threads.Count
        foreach ($i in 1..150) {
            [void](Connect-JobServer $lab.Uri -Name again)
            [void](Get-Job -Queue emails -State failed -First 1)
            if ($i % 10 -eq 0) { [void](Watch-JobEvent emails -Timeout 0.02) }
            if ($i % 3) { Disconnect-JobServer again }
        }
        Get-JobServer again -ErrorAction Ignore | Disconnect-JobServer
        foreach ($i in 1..100) { if ((& $clients) -le $before) { break } else { Start-Sleep -Milliseconds 50 } }
        & $clients | Should -BeLessOrEqual $before
        (Get-Process -Id $PID).Threads.Count | Should -BeLessThan ($threads + 40)
        foreach ($i in 1..3) { [gc]::Collect(); [gc]::WaitForPendingFinalizers() }
        [JobAdminUnobserved]::Count | Should -Be 0
    }

    It 'works in many runspaces at once' {
        $connection = Get-JobServer c
        $manifest = Get-Manifest
        $found = 1..12 | ForEach-Object -ThrottleLimit 4 -Parallel {
            Import-Module $using:manifest
            (JobAdmin\Get-Job -Connection $using:connection -Queue emails -State failed).Count
        }
        $found | Should -Be (@(40) * 12)
    }

    It 'loads and unloads the module in several runspaces, over and over, and what is in use elsewhere goes on' {
        $manifest = Get-Manifest
        $uri = $lab.Uri
        $counts = 1..4 | ForEach-Object -ThrottleLimit 4 -Parallel {
            foreach ($i in 1..4) {
                Import-Module $using:manifest -Force
                [void](Connect-JobServer $using:uri)
                (Get-Job -Queue emails -State waiting).Count
                Remove-Module JobAdmin
            }
        }
        $counts | Should -Be (@(5) * 16)
        (Get-Job -Queue emails -State waiting).Count | Should -Be 5
    }

    It 'stops at any point, and what was changed until then is whole' {
        foreach ($after in 0, 5, 20, 60, 150) {
            [void](Measure-Stop 'while ($true) { Get-Job -Queue emails -State failed | Invoke-JobRetry; Get-Job -Queue emails -State waiting | Out-Null }' $after)
        }
        $counts = Invoke-Peer @{ do = 'counts'; queue = 'emails' }
        $counts.failed + $counts.waiting | Should -Be 45
        (Get-Job -Queue emails -State failed, waiting).Id | Sort-Object -Unique | Should -HaveCount 45
        foreach ($i in 1..3) { [gc]::Collect(); [gc]::WaitForPendingFinalizers() }
        [JobAdminUnobserved]::Count | Should -Be 0
    }
}
