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
