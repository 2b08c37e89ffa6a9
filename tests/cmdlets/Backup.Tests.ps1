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
