# Get-JobFailure: groups of failed jobs, and what they are piped into.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    function Get-Count([string] $Queue = 'emails') { Invoke-Peer @{ do = 'counts'; queue = $Queue } }
}
AfterAll { Stop-Lab }

Describe 'Get-JobFailure' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name c)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 9; names = 'send', 'resize'; reasons = 'SMTP timeout after 30s', "no file '/a/1.png'", "no file '/b/2.png'" })
    }

    It 'groups by the kind of reason, the largest first' {
        $groups = Get-JobFailure
        $groups | Should -BeOfType JobAdmin.JobFailureGroup
        $groups.Reason | Should -Be "no file '*'", 'SMTP timeout after *s'
        $groups.Count | Should -Be 2
        $groups[0].Count, $groups[1].Count | Should -Be 6, 3
        $groups[0].JobNames | Sort-Object | Should -Be 'resize', 'send'
        $groups[0].Connection | Should -Be 'c'
    }

    It 'takes queues by name, pattern and pipeline, and filters' {
        [void](Invoke-Peer @{ do = 'seed'; queue = 'other'; lib = 'bullmq5'; failed = 1; reasons = , 'boom' })
        (Get-JobFailure oth*).Reason | Should -Be 'boom'
        (Get-JobQueue other | Get-JobFailure).Queue | Should -Be 'other'
        (Get-JobFailure | Group-Object Queue).Name | Should -Be 'emails', 'other'
        (Get-JobFailure emails -Name resize | Measure-Object Count -Sum).Sum | Should -Be 4
        (Get-JobFailure emails -Reason '*1.png*').Count | Should -Be 3
        Get-JobFailure emails -OlderThan 1h | Should -BeNullOrEmpty
        Get-ErrorId { Get-JobFailure nix } | Should -Be 'QueueNotFound'
    }

    It 'has groups that retry exactly their jobs' {
        $group = Get-JobFailure | Where-Object Reason -Like 'SMTP*'
        [void](Invoke-Peer @{ do = 'add'; queue = 'emails' })
        [void](Invoke-Peer @{ do = 'run'; queue = 'emails'; count = 1; reason = 'SMTP timeout after 31s' })
        ($group | Get-Job).Count | Should -Be 3
        ($group | Invoke-JobRetry -PassThru).Status | Should -Be 'Retried', 'Retried', 'Retried'
        $counts = Get-Count
        $counts.failed, $counts.waiting | Should -Be 7, 3
        (Get-JobFailure | Where-Object Reason -Like 'SMTP*').Count | Should -Be 1
    }

    It 'has groups that remove exactly their jobs, and says how many with -WhatIf' {
        $before = Get-Keyspace
        $said = pwsh -NoProfile -NonInteractive -Command "Import-Module '$(Get-Manifest)'; `$c = Connect-JobServer $($lab.Uri); Get-JobFailure -Reason 'no file*' | Remove-Job -WhatIf"
        $said -join ' ' | Should -Match "Delete 6 failed jobs with reason no file\*, that failed with 'no file '\*''"
        Get-Keyspace | Should -Be $before
        Get-JobFailure | Where-Object Reason -Like 'no file*' | Remove-Job -Confirm:$false
        (Get-Count).failed | Should -Be 3
    }

    It 'never stands for a whole queue' {
        $before = Get-Keyspace
        Get-ErrorId { Get-JobFailure | Remove-JobQueue -Confirm:$false } | Should -Be 'NotAQueue'
        Get-ErrorId { Get-JobFailure | Clear-JobQueue -State failed -Confirm:$false } | Should -Be 'NotAQueue'
        Get-JobFailure | Export-Clixml "$TestDrive/groups.xml"
        Get-ErrorId { Import-Clixml "$TestDrive/groups.xml" | Invoke-JobRetry } | Should -Be 'NotAJob'
        Get-ErrorId { Get-JobFailure | Invoke-JobRetry -Name send } | Should -Be 'ParameterConflict'
        Get-Keyspace | Should -Be $before
    }

    It 'is shown as a table with one line a group' {
        $lines = (Get-JobFailure | Out-String -Width 100) -split '\r?\n'
        $lines | Where-Object { $_ -match '^\s+6\s.*no file' } | Should -HaveCount 1
        Get-JobFailure | Format-List | Out-String | Should -Match 'Example\s+: no file'
        (Get-JobFailure | ConvertTo-Json -Depth 1 | ConvertFrom-Json)[0].PSObject.Properties.Name | Should -Not -Contain 'ReasonCell'
    }
}
