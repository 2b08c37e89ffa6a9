# Remove-JobQueue, seen by BullMQ.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
}
AfterAll { Stop-Lab }

Describe 'Remove-JobQueue' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name c)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 2; waiting = 3; delayed = 1 })
        [void](Invoke-Peer @{ do = 'seed'; queue = 'chat'; waiting = 1 })
    }

    It 'deletes a queue with all that belongs to it, and nothing else' {
        Remove-JobQueue emails -Confirm:$false | Should -BeNullOrEmpty
        Invoke-Redis keys 'bull:emails:*' | Should -BeNullOrEmpty
        (Get-JobQueue).Name | Should -Be 'chat'
    }

    It 'never asks with -Force -Confirm:$false, and says what it did with -PassThru' {
        $result = Remove-JobQueue emails -Force -Confirm:$false -PassThru
        $result.Queue | Should -Be 'emails'
        $result.Removed | Should -Be 6
    }

    It 'does not touch a queue with active jobs without -Force' {
        [void](Invoke-Peer @{ do = 'take'; queue = 'emails' })
        Get-ErrorId { Remove-JobQueue emails -Confirm:$false } | Should -BeLike '*Active*'
        Remove-JobQueue emails -Force -Confirm:$false
        (Get-JobQueue).Name | Should -Be 'chat'
    }

    It 'refuses a queue with active jobs with -WhatIf as it would without' {
        [void](Invoke-Peer @{ do = 'take'; queue = 'emails' })
        $before = Get-Keyspace
        Get-ErrorId { Remove-JobQueue emails -WhatIf } | Should -Be 'QueueHasActiveJobs'
        Get-ErrorId { Remove-JobQueue emails -Confirm:$false } | Should -Be 'QueueHasActiveJobs'
        Remove-JobQueue emails -Force -WhatIf
        Get-Keyspace | Should -Be $before
    }

    It 'asks, and shows the counts of every state with -WhatIf, writing nothing' {
        $before = Get-Keyspace
        $said = pwsh -NoProfile -NonInteractive -Command "Import-Module '$(Get-Manifest)'; `$c = Connect-JobServer $($lab.Uri); Remove-JobQueue emails -Force -WhatIf; Get-JobQueue chat | Remove-JobQueue -WhatIf; Remove-JobQueue emails -Force"
        Get-Keyspace | Should -Be $before
        $said | Should -Contain 'What if: Delete queue emails with 6 jobs (3 waiting, 2 failed, 1 delayed)'
        $said | Should -Contain 'What if: Delete queue chat with 1 job (1 waiting)'
    }

    It 'leaves a queue whose last activity is not known alone in the example on idle queues' {
        [void](Invoke-Redis del bull:emails:events)
        (Get-JobQueue emails).LastActivity | Should -BeNullOrEmpty
        $example = (Get-Help Remove-JobQueue).examples.example | Where-Object title -Match 'idle for a month'
        $ConfirmPreference = 'None'
        & ([scriptblock]::Create($example.code))
        (Get-JobQueue).Name | Should -Be chat, emails
    }

    It 'deletes nothing where what is left behind the jobs could not be found' {
        [void](Invoke-Redis acl setuser scanless on '>p' '~*' '&*' '+@all' '-scan')
        $scanless = Connect-JobServer ($lab.Uri -replace '//', '//scanless:p@') -Name scanless
        $before = Get-Keyspace
        $said = Get-ErrorOf { Remove-JobQueue emails -Force -Confirm:$false -Connection scanless }
        $said.FullyQualifiedErrorId | Should -BeLike 'AccessDenied*'
        "$said $($said.ErrorDetails.RecommendedAction)" | Should -BeLike "The keys of queue 'emails' can't all be found, so nothing was deleted: *scan*Clear-JobQueue*"
        Get-Keyspace | Should -Be $before
        Disconnect-JobServer $scanless
        [void](Invoke-Redis acl deluser scanless)
    }

    It 'says after a stop how many jobs were deleted' {
        $stop = Measure-Stop 'Remove-JobQueue emails -Confirm:$false -PassThru | ForEach-Object { Start-Sleep 60 }'
        $stop.WasRunning | Should -BeTrue
        "$($stop.Warnings)" | Should -Be 'Stopped: at least 6 jobs were deleted. The same command deletes what is left.'
    }

    It 'makes an error of a queue that is not there' {
        Get-ErrorId { Remove-JobQueue nix -Confirm:$false } | Should -Be 'QueueNotFound'
        Get-ErrorId { Remove-JobQueue -Confirm:$false } | Should -Be 'QueueMissing'
    }
}
