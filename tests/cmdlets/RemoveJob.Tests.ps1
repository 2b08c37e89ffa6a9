# Remove-Job on queue jobs.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
}
AfterAll { Stop-Lab }

Describe 'Remove-Job' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 4; reasons = 'SMTP timeout', 'ENOENT' })
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; active = 1; waiting = 2 })
    }

    It 'deletes piped jobs with all that belongs to them' {
        $outcomes = Get-Job -Queue emails -State failed | Remove-Job -Confirm:$false -PassThru
        $outcomes.Status | Select-Object -Unique | Should -Be 'Removed'
        (Invoke-Peer @{ do = 'counts'; queue = 'emails' }).failed | Should -Be 0
        Invoke-Redis exists bull:emails:1 | Should -Be 0
    }

    It 'deletes by id, and all that match' {
        Remove-Job 1 -Queue emails -Confirm:$false
        (Remove-Job -Queue emails -State failed -Reason ENOENT* -Confirm:$false -PassThru).Count | Should -Be 2
        Get-ErrorId { Remove-Job -Queue emails -Confirm:$false } | Should -Be 'StateMissing'
    }

    It 'deletes the job whose id is written, and not the one of that number' {
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'odd'; count = 7 })
        [void](Invoke-Peer @{ do = 'add'; queue = 'odd'; opts = @{ jobId = '007' } })
        Remove-Job -Queue odd 007 -Confirm:$false
        Invoke-Redis exists bull:odd:007 | Should -Be 0
        Invoke-Redis exists bull:odd:7 | Should -Be 1
    }

    It 'leaves a job that a worker has' {
        Get-ErrorId { Remove-Job 5 -Queue emails -Confirm:$false } | Should -Be 'JobLocked'
        Get-ErrorId { Remove-Job 5 -Queue emails -Force -Confirm:$false } | Should -Be 'JobLocked'
        (Invoke-Peer @{ do = 'counts'; queue = 'emails' }).active | Should -Be 1
    }

    It 'deletes a flow with its children, or keeps them' {
        $flow = @{ name = 'parent'; queueName = 'papers'; children = @(@{ name = 'child'; queueName = 'parts' }, @{ name = 'child'; queueName = 'parts' }) }
        $first = Invoke-Peer @{ do = 'addFlow'; flow = $flow }
        $said = pwsh -NoProfile -NonInteractive -Command "Import-Module '$(Get-Manifest)'; `$c = Connect-JobServer $($lab.Uri); Remove-Job -Queue papers -State waiting-children -WhatIf; Remove-Job -Queue papers -State waiting-children -KeepChildren -WhatIf"
        $said | Should -Be 'What if: Delete 1 waiting-children job in queue papers, with all that hang below them in their flows', 'What if: Delete 1 waiting-children job in queue papers'
        Get-Job $first.id -Queue papers | Remove-Job -Confirm:$false
        (Invoke-Peer @{ do = 'counts'; queue = 'parts' }).waiting | Should -Be 0
        $second = Invoke-Peer @{ do = 'addFlow'; flow = $flow }
        Remove-Job $second.id -Queue papers -KeepChildren -Confirm:$false
        (Invoke-Peer @{ do = 'counts'; queue = 'parts' }).waiting | Should -Be 2
    }

    It 'deletes nothing for a row without an id' {
        $before = Get-Keyspace
        Get-ErrorId { "Queue,Id`nemails,`nemails," | ConvertFrom-Csv | Remove-Job -State failed -Confirm:$false } | Should -Be NotAJob
        Get-ErrorId { Get-JobFailure | ConvertTo-Csv | ConvertFrom-Csv | Remove-Job -State failed -Confirm:$false } | Should -Be NotAJob
        Get-Keyspace | Should -Be $before
    }

    It 'deletes no more for a time that is not set' {
        Get-ErrorId { Remove-Job -Queue emails -State failed -Before $undefined -Confirm:$false } | Should -Be ParameterArgumentValidationError
        Get-ErrorId { Remove-Job -Queue emails -State failed -OlderThan $undefined -Confirm:$false } | Should -Be ParameterArgumentValidationError
        (Invoke-Peer @{ do = 'counts'; queue = 'emails' }).failed | Should -Be 4
    }

    It 'asks before it deletes anything, and writes nothing with -WhatIf' {
        $before = Get-Keyspace
        [void](pwsh -NoProfile -NonInteractive -Command "Import-Module '$(Get-Manifest)'; `$c = Connect-JobServer $($lab.Uri); Get-Job -Queue emails | Remove-Job" 2>&1)
        Get-Job -Queue emails -State failed | Remove-Job -WhatIf
        Remove-Job -Queue emails -State failed -WhatIf
        Get-Keyspace | Should -Be $before
    }
}
