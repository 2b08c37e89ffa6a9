# -Backup: what deletes writes first, and what it wrote brings all back.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    function Get-Count { Invoke-Peer @{ do = 'counts'; queue = 'emails' } }
}
AfterAll { Stop-Lab }

Describe '-Backup' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name c)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 4; reasons = 'one', 'two' })
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; completed = 2; waiting = 3; delayed = 2 })
        $file = "$TestDrive/$([guid]::NewGuid()).jsonl"
        $before = Get-JobContent
    }

    It 'of Remove-Job' -ForEach @(
        @{ how = { Get-Job -State failed | Remove-Job -Backup $file -Confirm:$false }; left = 0 }
        @{ how = { Remove-Job -Queue emails -State failed -Backup $file -Confirm:$false }; left = 0 }
        @{ how = { Get-JobFailure | Where-Object Reason -EQ one | Remove-Job -Backup $file -Confirm:$false }; left = 2 }
        @{ how = { Remove-Job -Queue emails -Id 1, 2, 3 -Throttle 1000 -Backup $file -Confirm:$false }; left = 1 }
    ) {
        . $how
        (Get-Count).failed | Should -Be $left
        (Import-Job $file -PassThru).Added | Should -Be (4 - $left)
        Get-JobContent | Should -Be $before
    }

    It 'of Remove-Job takes children along' {
        [void](Invoke-Peer @{ do = 'addFlow'; queue = 'emails'; flow = @{ name = 'p'; queueName = 'parents'; opts = @{ jobId = 'p' }; children = @(@{ name = 'c'; queueName = 'emails'; opts = @{ jobId = 'kid' } }) } })
        $before = Get-JobContent
        Remove-Job -Queue parents -Id p -Backup $file -Confirm:$false
        Get-Job -Id kid -Queue emails -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        Import-Job $file
        Get-JobContent | Should -Be $before
    }

    It 'comes back twice without a change, also where an active job had a priority' {
        Clear-Lab
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; prioritized = 1 })
        [void](Invoke-Peer @{ do = 'take'; queue = 'emails' })
        (Get-Job -Queue emails).State | Should -Be Active
        Remove-JobQueue emails -Force -Backup $file -Confirm:$false
        (Import-Job $file -PassThru).Added | Should -BeGreaterThan 0
        $again = Import-Job $file -PassThru
        $again.Added, $again.Refused | Should -Be 0, 0
    }

    It 'keeps a parent with all of its children, which <How> takes from it part by part' -ForEach @(
        @{ How = 'Remove-JobQueue'; Command = { Remove-JobQueue tree -Force -Backup $file -Confirm:$false } }
        @{ How = 'Clear-JobQueue'; Command = { Clear-JobQueue tree waiting, delayed, waiting-children -Backup $file -Confirm:$false } }
        @{ How = 'Clear-JobQueue of children alone'; Command = { Clear-JobQueue tree waiting, delayed -Name c -Backup $file -Confirm:$false } }
        @{ How = 'Remove-Job'; Command = { Get-Job -Queue tree | Where-Object Name -EQ c | Select-Object -First 400 | Remove-Job -Backup $file -Confirm:$false } }
    ) {
        $children = 1..450 | ForEach-Object { @{ name = 'c'; queueName = 'tree'; data = @{ n = $_ }; opts = @{ jobId = "k$_"; delay = $_ % 2 * 3600000 } } }
        [void](Invoke-Peer @{ do = 'addFlow'; queue = 'tree'; flow = @{ name = 'p'; queueName = 'tree'; opts = @{ jobId = 'p' }; children = $children } })
        . $Command
        (Get-JobQueue tree -ErrorAction Ignore).Total | Should -BeLessThan 452
        Import-Job $file
        (Invoke-Redis scard bull:tree:p:dependencies) | Should -Be 450
        (Get-Job p -Queue tree).State | Should -Be WaitingChildren
        (Get-Job -Queue tree).Count | Should -Be 451
        (Import-Job $file -PassThru).Added | Should -Be 0
    }

    It 'brings back no job that Remove-Job left to a worker' {
        Clear-Lab
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'emails'; count = 4 })
        [void](Invoke-Peer @{ do = 'take'; queue = 'emails'; count = 2 })
        $out = Remove-Job -Queue emails -Id 1, 2, 3, 4 -Backup $file -PassThru -Confirm:$false -ErrorAction SilentlyContinue
        $out.Status | Should -Be Locked, Locked, Removed, Removed
        [void](Invoke-Peer @{ do = 'finish'; queue = 'emails'; id = '1' })
        [void](Invoke-Peer @{ do = 'finish'; queue = 'emails'; id = '2' })
        Remove-Job -Queue emails -Id 1 -Confirm:$false
        $in = Import-Job $file -PassThru
        $in.Added, $in.Superseded, $in.Refused | Should -Be 2, 2, 0
        (Get-Job -Queue emails).Id | Sort-Object | Should -Be 2, 3, 4
    }

    It 'brings back no flow that Remove-Job left to a worker, and all of one that it removed job by job' {
        Clear-Lab
        foreach ($p in 'p', 'q') {
            $children = 1..150 | ForEach-Object { @{ name = 'c'; queueName = 'kids'; opts = @{ jobId = "$p$_" } } }
            [void](Invoke-Peer @{ do = 'addFlow'; queue = 'tree'; flow = @{ name = 'p'; queueName = 'tree'; opts = @{ jobId = $p }; children = $children } })
        }
        [void](Invoke-Peer @{ do = 'take'; queue = 'kids' })
        $jobs = @(Get-Job -Queue tree) + @(Get-Job -Queue kids | Where-Object Id -Like q*)
        $out = $jobs | Remove-Job -Backup $file -PassThru -Confirm:$false -ErrorAction SilentlyContinue
        $out.Where({ $_.Id -eq 'p' }).Status | Should -Be Locked
        $out.Where({ $_.Id -eq 'q' }).Status | Should -Be Removed
        (Get-Job -Queue kids).Count | Should -Be 150
        Invoke-Redis flushall
        $in = Import-Job $file -PassThru
        $in.Added | Should -Be 151
        (Get-Job -Queue tree).Id | Should -Be q
        (Invoke-Redis scard bull:tree:q:dependencies) | Should -Be 150
    }

    It 'brings back children that went with their parent before their own turn came' {
        Clear-Lab
        $children = 1..250 | ForEach-Object { @{ name = 'c'; queueName = 'tree'; opts = @{ jobId = "k$_"; removeOnComplete = $true } } }
        [void](Invoke-Peer @{ do = 'addFlow'; queue = 'tree'; flow = @{ name = 'p'; queueName = 'tree'; opts = @{ jobId = 'p' }; children = $children } })
        [void](Invoke-Redis hset bull:tree:odd name odd data 1 opts '{}' timestamp 1 parentKey bull:tree:odd)
        'p', 'odd' + (1..250 | ForEach-Object { "k$_" }) | ForEach-Object { [pscustomobject]@{ Queue = 'tree'; Id = $_ } } |
            Remove-Job -BatchSize 1000 -Backup $file -Confirm:$false -ErrorAction SilentlyContinue
        (Import-Job $file -PassThru).Added | Should -Be 252
    }

    It 'brings back a flow that <How> takes from the leaves up, over queues' -ForEach @(
        @{ How = 'Clear-JobQueue'; Command = { Clear-JobQueue a, tree waiting, waiting-children -Backup $file -Confirm:$false } }
        @{ How = 'Remove-JobQueue'; Command = { Remove-JobQueue a, tree -Force -Backup $file -Confirm:$false } }
    ) {
        Clear-Lab
        $leaf = @(@{ name = 'c'; queueName = 'tree'; opts = @{ jobId = 'c' } }, @{ name = 'd'; queueName = 'a'; opts = @{ jobId = 'd' } })
        $nested = @(@{ name = 'm'; queueName = 'tree'; opts = @{ jobId = 'm' }; children = $leaf })
        [void](Invoke-Peer @{ do = 'addFlow'; queue = 'tree'; flow = @{ name = 'p'; queueName = 'tree'; opts = @{ jobId = 'p' }; children = $nested } })
        $nested = @(@{ name = 'n'; queueName = 'tree'; opts = @{ jobId = 'n' }; children = @(@{ name = 'e'; queueName = 'a'; opts = @{ jobId = 'e' } }) })
        [void](Invoke-Peer @{ do = 'addFlow'; queue = 'tree'; flow = @{ name = 'q'; queueName = 'tree'; opts = @{ jobId = 'q' }; children = $nested } })
        $before = Get-JobContent
        . $Command
        @(Get-Job -Queue tree, a -ErrorAction Ignore) | Should -BeNullOrEmpty
        $in = Import-Job $file -PassThru
        $in.Refused | Should -Be 0
        Get-JobContent | Should -Be $before
        (Get-Job -Queue tree -State waiting-children).Id | Sort-Object | Should -Be m, n, p, q
        (Invoke-Redis smembers bull:tree:n:dependencies) | Should -Be 'bull:a:e'
        (Invoke-Redis scard bull:tree:m:dependencies) | Should -Be 2
    }

    It 'links a child again to a parent in another queue, and gives the file of one queue another name' {
        Clear-Lab
        $children = @(@{ name = 'c'; queueName = 'a'; opts = @{ jobId = 'c' } }, @{ name = 'd'; queueName = 'tree'; opts = @{ jobId = 'd'; delay = 3600000 } })
        [void](Invoke-Peer @{ do = 'addFlow'; queue = 'tree'; flow = @{ name = 'p'; queueName = 'tree'; opts = @{ jobId = 'p' }; children = $children } })
        $before = Get-JobContent
        Clear-JobQueue a waiting -Backup $file -Confirm:$false
        (Invoke-Redis smembers bull:tree:p:dependencies) | Should -Be 'bull:tree:d'
        $in = Import-Job $file -NewName b -PassThru
        $in.Added, $in.Superseded | Should -Be 1, 1
        (Invoke-Redis sismember bull:tree:p:dependencies bull:b:c) | Should -Be 1
        Invoke-Redis srem bull:tree:p:dependencies bull:b:c
        Remove-JobQueue b -Confirm:$false
        Import-Job $file -ErrorAction Stop
        Get-JobContent | Should -Be $before
    }

    It 'puts a child with colons in its id, which BullMQ leaves in the list, in line once' {
        Clear-Lab
        $children = @(@{ name = 'c'; queueName = 'kids'; opts = @{ jobId = 'k:1:2' } })
        [void](Invoke-Peer @{ do = 'addFlow'; queue = 'tree'; flow = @{ name = 'p'; queueName = 'tree'; opts = @{ jobId = 'p' }; children = $children } })
        Remove-Job -Queue tree -Id p -Backup $file -Confirm:$false
        (Invoke-Redis exists bull:kids:k:1:2) | Should -Be 0
        (Import-Job $file -PassThru).Added | Should -Be 2
        @(Invoke-Redis lrange bull:kids:wait 0 -1) | Should -Be 'k:1:2'
        @(Invoke-Peer @{ do = 'run'; queue = 'kids'; count = 3 }) | Should -Be 'k:1:2'
    }

    It 'keeps the children that a failed parent still has' {
        Clear-Lab
        $children = @(@{ name = 'c'; queueName = 'tree'; opts = @{ jobId = 'c'; failParentOnFailure = $true } }, @{ name = 'd'; queueName = 'tree'; opts = @{ jobId = 'd'; delay = 3600000 } })
        [void](Invoke-Peer @{ do = 'addFlow'; queue = 'tree'; flow = @{ name = 'p'; queueName = 'tree'; opts = @{ jobId = 'p' }; children = $children } })
        [void](Invoke-Peer @{ do = 'run'; queue = 'tree'; count = 2; reason = 'boom' })
        (Get-Job p -Queue tree).State | Should -Be Failed
        (Invoke-Redis scard bull:tree:p:dependencies) | Should -Be 1
        $before = Get-JobContent
        Remove-JobQueue tree -Backup $file -Confirm:$false
        Import-Job $file
        Get-JobContent | Should -Be $before
        (Invoke-Redis scard bull:tree:p:dependencies) | Should -Be 1
    }

    It 'brings back no parent that Clear-JobQueue let go' {
        Clear-Lab
        $children = @(@{ name = 'c'; queueName = 'tree'; opts = @{ jobId = 'c' } }, @{ name = 'd'; queueName = 'tree'; opts = @{ jobId = 'd'; delay = 3600000 } })
        [void](Invoke-Peer @{ do = 'addFlow'; queue = 'tree'; flow = @{ name = 'p'; queueName = 'tree'; opts = @{ jobId = 'p'; removeOnComplete = $true }; children = $children } })
        Clear-JobQueue tree delayed -Backup $file -Confirm:$false
        (Invoke-Peer @{ do = 'run'; queue = 'tree'; count = 3 }) | Should -Be c, p
        $in = Import-Job $file -PassThru
        $in.Added, $in.Superseded, $in.Refused | Should -Be 1, 1, 0
        (Get-Job -Queue tree).Id | Sort-Object | Should -Be c, d
    }

    It 'links a child again to its parent that Clear-JobQueue left waiting' {
        Clear-Lab
        $children = @(@{ name = 'c'; queueName = 'tree'; opts = @{ jobId = 'c' } }, @{ name = 'd'; queueName = 'tree'; opts = @{ jobId = 'd'; delay = 3600000 } })
        [void](Invoke-Peer @{ do = 'addFlow'; queue = 'tree'; flow = @{ name = 'p'; queueName = 'tree'; opts = @{ jobId = 'p' }; children = $children } })
        $before = Get-JobContent
        Clear-JobQueue tree delayed -Backup $file -Confirm:$false
        (Invoke-Redis scard bull:tree:p:dependencies) | Should -Be 1
        Import-Job $file -ErrorAction Stop
        Get-JobContent | Should -Be $before
    }

    It 'counts for the last record of a job that was deleted, not for a later one that was left' {
        Clear-Lab
        [void](Invoke-Peer @{ do = 'add'; queue = 'emails'; data = 'first'; opts = @{ jobId = 'x' } })
        Remove-Job -Queue emails -Id x -Backup $file -Confirm:$false
        $lines = @(Get-Content $file)
        $again = $lines[2].Replace('first', 'second')
        $left = '{"notDeleted":{"queue":"emails","ids":["x"],"first":2,"last":2}}'
        Set-Content $file ($lines[0..2] + $again + $left + '{"end":true,"records":2}')
        $in = Import-Job $file -PassThru
        $in.Added, $in.Superseded | Should -Be 1, 1
        (Get-Job x -Queue emails).Data | Should -Be first

        foreach ($wrong in $left.Replace('"last":2', '"last":3'), $left.Replace('["x"]', '[null]'), $left.Replace('"first":2', '"first":"2"'), '{"notDeleted":["x"]}') {
            Set-Content $file ($lines[0..2] + $again + $wrong + '{"end":true,"records":2}')
            Get-ErrorId { Import-Job $file } | Should -Be 'InvalidExport'
        }
    }

    It 'of Clear-JobQueue and Remove-JobQueue' {
        Clear-JobQueue emails -State failed, waiting, delayed -Backup $file -Confirm:$false
        $counts = Get-Count
        $counts.failed, $counts.waiting, $counts.delayed, $counts.completed | Should -Be 0, 0, 0, 2
        Import-Job $file
        Get-JobContent | Should -Be $before

        Remove-JobQueue emails -Backup "$file.gz" -Confirm:$false
        @(Invoke-Redis keys '*') | Should -BeNullOrEmpty
        Import-Job "$file.gz"
        Get-JobContent | Should -Be $before
    }

    It 'is not begun by -WhatIf, and never overwrites' {
        Remove-Job -Queue emails -State failed -Backup $file -WhatIf
        Clear-JobQueue emails -State failed -Backup $file -WhatIf
        $file | Should -Not -Exist
        Set-Content $file kept
        Get-ErrorId { Remove-Job -Queue emails -State failed -Backup $file -Confirm:$false } | Should -Be 'FileExists'
        Get-ErrorId { Clear-JobQueue emails -State failed -Backup $file -Confirm:$false } | Should -Be 'FileExists'
        Get-ErrorId { Remove-JobQueue emails -Backup $file -Confirm:$false } | Should -Be 'FileExists'
        Get-ErrorId { Clear-JobQueue emails -State failed -Backup "$TestDrive/no/such.jsonl" -Confirm:$false } | Should -Be 'FileNotWritten'
        Get-Content $file | Should -Be 'kept'
        Get-JobContent | Should -Be $before
    }
}
