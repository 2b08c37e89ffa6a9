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
        Get-WhatIf 'Remove-Job -Queue papers -State waiting-children -WhatIf; Remove-Job -Queue papers -State waiting-children -KeepChildren -WhatIf; Get-Job -Queue papers | Remove-Job -WhatIf' |
            Should -Be 'Delete 1 waiting-children job in queue papers, with 2 jobs that hang below in flows', 'Delete 1 waiting-children job in queue papers',
                "Delete job $($first.id) in queue papers", 'Delete 1 job in all: 1 in queue papers, with 2 jobs that hang below in flows'
        Get-Job $first.id -Queue papers | Remove-Job -Confirm:$false
        (Invoke-Peer @{ do = 'counts'; queue = 'parts' }).waiting | Should -Be 0
        $second = Invoke-Peer @{ do = 'addFlow'; flow = $flow }
        Remove-Job $second.id -Queue papers -KeepChildren -Confirm:$false
        (Invoke-Peer @{ do = 'counts'; queue = 'parts' }).waiting | Should -Be 2
    }

    It 'counts jobs that went along with their parents, and misses none: <_>' -ForEach bullmq, bullmq5 {
        $flow = @{ name = 'top'; queueName = 'papers'; children = @(@{ name = 'middle'; queueName = 'papers'; children = @(@{ name = 'leaf'; queueName = 'papers' }) }) }
        foreach ($remove in { Remove-Job -Queue papers -State waiting-children -PassThru -Confirm:$false 2>&1 }, { Get-Job -Queue papers -State waiting-children | Remove-Job -PassThru -Confirm:$false 2>&1 }) {
            foreach ($n in 1..20) { [void](Invoke-Peer @{ do = 'addFlow'; lib = $_; flow = $flow }) }
            $outcomes = & { $ErrorActionPreference = 'Continue'; & $remove }
            $outcomes.Where({ $_ -is [Management.Automation.ErrorRecord] }) | Should -BeNullOrEmpty
            $outcomes.Status | Select-Object -Unique | Should -Be Removed
            $outcomes.Id | Select-Object -Unique | Should -HaveCount 40
            Get-Job -Queue papers | Should -BeNullOrEmpty
        }
        Get-ErrorId { Remove-Job gone -Queue papers -Confirm:$false } | Should -Be JobNotFound
    }

    It 'says with -WhatIf how many hang below, each once, as many as it deletes' {
        # A grandchild in the parents' queue, a parent below a parent, one with many children, one with a child that is gone, and one with a child that a worker has.
        $child = @{ name = 'child'; queueName = 'parts' }
        foreach ($children in @($child, @{ name = 'chapter'; queueName = 'parts'; children = @(@{ name = 'page'; queueName = 'papers' }) }),
            @(@{ name = 'part'; queueName = 'papers'; children = @($child, $child) }), (@($child) * 60)) {
            [void](Invoke-Peer @{ do = 'addFlow'; flow = @{ name = 'parent'; queueName = 'papers'; children = $children } })
        }
        $gone = Invoke-Peer @{ do = 'addFlow'; flow = @{ name = 'gone'; queueName = 'papers'; children = @($child, @{ name = 'child'; queueName = 'parts'; opts = @{ jobId = 'gone' } }) } }
        $held = Invoke-Peer @{ do = 'addFlow'; flow = @{ name = 'held'; queueName = 'papers'; children = @($child, @{ name = 'child'; queueName = 'parts'; opts = @{ jobId = 'held' } }) } }
        [void](Invoke-Redis del bull:parts:gone)
        [void](Invoke-Redis set bull:parts:held:lock x)
        $said = Get-WhatIf 'Remove-Job -Queue papers -State waiting-children -WhatIf; Remove-Job -Queue papers -State waiting-children -Max 1 -WhatIf
            Remove-Job -Queue papers -State waiting-children, waiting -WhatIf; Get-Job -Queue papers | Remove-Job -WhatIf'
        $said[0] | Should -Be 'Delete 5 waiting-children jobs in queue papers, with 66 jobs that hang below in flows (refused: 1 held by workers)'
        $said[1] | Should -Be 'Delete 1 waiting-children job in queue papers, with 3 jobs that hang below in flows'
        $said[2] | Should -Be 'Delete 6 waiting-children or waiting jobs in queue papers, with 65 jobs that hang below in flows (refused: 1 held by workers)'
        $said[-1] | Should -Be 'Delete 6 jobs in all: 6 in queue papers, with 65 jobs that hang below in flows (refused: 1 held by workers)'
        $jobs = { @(Get-Keyspace | Where-Object { $_ -match '^bull:(papers|parts):(gone|held|[0-9a-f-]{36})(\s|$)' }).Count }
        $before = & $jobs
        Remove-Job -Queue papers -State waiting-children -Confirm:$false -ErrorAction SilentlyContinue
        $before - (& $jobs) | Should -Be 71
    }

    It 'counts with -WhatIf a job that is refused by itself, and goes with its parent' {
        $child = @{ name = 'child'; queueName = 'papers'; opts = @{ jobId = 'child' } }
        [void](Invoke-Peer @{ do = 'addFlow'; flow = @{ name = 'parent'; queueName = 'papers'; opts = @{ jobId = 'parent' }; children = @($child) } })
        [void](Invoke-Peer @{ do = 'run'; queue = 'papers'; count = 1; result = 1 })
        [void](Invoke-Redis set bull:papers:child:lock x)
        $said = Get-WhatIf 'Remove-Job -Queue papers -State waiting, completed -WhatIf; Get-Job -Queue papers | Remove-Job -WhatIf'
        $said[0] | Should -Be 'Delete 1 waiting or completed job in queue papers, with 1 job that hangs below in flows (refused: 1 held by workers)'
        $said[-1] | Should -Be 'Delete 1 job in all: 1 in queue papers, with 1 job that hangs below in flows (refused: 1 held by workers)'
        Remove-Job -Queue papers -State waiting, completed -Confirm:$false -ErrorAction SilentlyContinue
        Invoke-Redis exists bull:papers:parent bull:papers:child | Should -Be 0
    }

    It 'says with -WhatIf how many it leaves to schedulers' {
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'chat'; count = 3; opts = @{ delay = 1e7 } })
        foreach ($id in 'nightly', 'weekly') { Set-JobScheduler $id -Queue chat -Pattern '0 3 * * *' -Name digest }
        $said = Get-WhatIf 'Remove-Job -Queue chat -State delayed -WhatIf; Remove-Job -Queue chat -State delayed -Max 4 -WhatIf; Get-Job -Queue chat | Remove-Job -WhatIf; Remove-Job -Queue chat -State delayed -Name digest -WhatIf'
        $said[0] | Should -Be 'Delete 3 delayed jobs in queue chat (refused: 2 owned by schedulers)'
        $said[-2] | Should -Be 'Delete 3 jobs in all: 3 in queue chat (refused: 2 owned by schedulers)'
        $said[-1] | Should -Be 'Delete 0 delayed jobs named digest in queue chat (refused: 2 owned by schedulers)'
        @(Remove-Job -Queue chat -State delayed -Confirm:$false -PassThru -ErrorAction SilentlyContinue | Where-Object Status -EQ Removed).Count | Should -Be 3
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
