# Clear-JobQueue, seen by BullMQ.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    function Get-Count { Invoke-Peer @{ do = 'counts'; queue = 'emails' } }
}
AfterAll { Stop-Lab }

Describe 'Clear-JobQueue' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name c)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 6; names = 'send', 'resize'; reasons = 'SMTP timeout', 'ENOENT' })
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; completed = 3; waiting = 4; delayed = 2 })
    }

    It 'deletes the jobs of the states named, and nothing else' {
        Clear-JobQueue emails -State failed, waiting -Confirm:$false | Should -BeNullOrEmpty
        $counts = Get-Count
        $counts.failed, $counts.waiting, $counts.completed, $counts.delayed | Should -Be 0, 0, 3, 2
    }

    It 'says what it did with -PassThru' {
        $result = Clear-JobQueue emails completed -Confirm:$false -PassThru
        $result | Should -BeOfType JobAdmin.Commands.JobQueueRemoval
        $result.Queue, $result.Matched, $result.Removed, $result.Connection | Should -Be 'emails', 3, 3, 'c'
        $result.States | Should -Be 'Completed'
        (Clear-JobQueue emails completed -Confirm:$false -PassThru).Removed | Should -Be 0
    }

    It 'chooses by age, name, reason and number' {
        Clear-JobQueue emails failed -OlderThan 1h -Confirm:$false
        (Get-Count).failed | Should -Be 6
        Clear-JobQueue emails failed -Name resize -Confirm:$false
        (Get-Count).failed | Should -Be 3
        Clear-JobQueue emails failed -Reason 'SMTP*' -Max 1 -Confirm:$false
        (Get-Count).failed | Should -Be 2
        Clear-JobQueue emails failed -After ([datetime]::Now.AddHours(1)) -Confirm:$false
        (Get-Count).failed | Should -Be 2
        Clear-JobQueue emails failed -Before ([datetime]::Now.AddHours(1)) -Confirm:$false
        (Get-Count).failed | Should -Be 0
    }

    It 'takes no more for a time that is not set' {
        foreach ($filter in 'OlderThan', 'Before', 'After') {
            $undefined = @{ $filter = $null }
            (Get-ErrorOf { Clear-JobQueue emails completed @undefined -Confirm:$false }).Exception | Should -BeOfType Management.Automation.ParameterBindingException
        }
        (Get-Count).completed | Should -Be 3
    }

    It 'never takes all for want of a state' {
        Get-ErrorId { Clear-JobQueue emails -Confirm:$false } | Should -Be 'StateMissing'
        Get-ErrorId { Clear-JobQueue emails -State nonsense -Confirm:$false } | Should -Be 'InvalidState'
        Get-ErrorId { Clear-JobQueue emails -State cancelled, unknown -Confirm:$false } | Should -Be 'InvalidState'
        Get-ErrorId { Clear-JobQueue -State failed -Confirm:$false } | Should -Be 'QueueMissing'
        Get-ErrorId { Clear-JobQueue nix failed -Confirm:$false } | Should -Be 'QueueNotFound'
    }

    It 'takes objects with Queue, but none that names something in the queue' {
        $before = Get-Keyspace
        foreach ($part in @(
                { "Queue,Id`nemails," | ConvertFrom-Csv }, { Get-Job -Queue emails -First 1 | Select-Object Queue, Name },
                { Get-JobFailure emails | ConvertTo-Csv | ConvertFrom-Csv }, { Get-JobFailure emails | Select-Object Queue, Count })) {
            Get-ErrorId { & $part | Clear-JobQueue -State failed -Confirm:$false } | Should -Be NotAQueue -Because $part
        }
        Get-Keyspace | Should -Be $before
        [pscustomobject]@{ Queue = 'emails' } | Clear-JobQueue -State failed -Confirm:$false
        Get-JobQueue | ConvertTo-Csv | ConvertFrom-Csv | Clear-JobQueue -State delayed -Confirm:$false
        $counts = Get-Count
        $counts.failed, $counts.delayed, $counts.waiting | Should -Be 0, 0, 4
    }

    It 'says after a stop how many jobs were deleted' {
        $stop = Measure-Stop 'Clear-JobQueue emails failed -Throttle 2 -Confirm:$false' 2500
        $stop.WasRunning | Should -BeTrue
        "$($stop.Warnings)" | Should -Match '^Stopped: at least (\d) jobs? (was|were) deleted\.$'
        [int]("$($stop.Warnings)" -replace '\D') | Should -BeIn (1..(6 - (Get-Count).failed))
    }

    It 'states an exact count with -WhatIf and writes nothing' {
        $before = Get-Keyspace
        $said = pwsh -NoProfile -NonInteractive -Command "Import-Module '$(Get-Manifest)'; `$c = Connect-JobServer $($lab.Uri); Clear-JobQueue emails failed -WhatIf; Get-JobQueue | Clear-JobQueue -State waiting, delayed -WhatIf; Clear-JobQueue emails failed"
        Get-Keyspace | Should -Be $before
        $said | Should -Contain 'What if: Delete 6 failed jobs of queue emails'
        $said | Should -Contain 'What if: Delete 6 waiting and delayed jobs of queue emails'
    }

    It 'counts without what it leaves alone: next runs of schedulers, and what workers hold (<Lib>)' -ForEach @{ Lib = 'bullmq5' }, @{ Lib = 'bullmq' } {
        [void](Invoke-Peer @{ do = 'upsertScheduler'; lib = $Lib; queue = 'jobs'; id = 'nightly'; repeat = @{ pattern = '0 3 * * *' }; template = @{ name = 'report' } })
        [void](Invoke-Peer @{ do = 'upsertScheduler'; lib = $Lib; queue = 'jobs'; id = 'often'; repeat = @{ every = 3600000 } })
        [void](Invoke-Peer @{ do = 'seed'; lib = $Lib; queue = 'jobs'; active = 2; delayed = 3 })
        $held = (Invoke-Peer @{ do = 'ids'; lib = $Lib; queue = 'jobs'; states = @('active') })[0]
        [void](Invoke-Redis del "bull:jobs:${held}:lock")
        $result = Clear-JobQueue jobs -State active, delayed, waiting -Confirm:$false -PassThru
        $result.Matched, $result.Removed | Should -Be $result.Removed, $result.Matched
        $result.Removed | Should -BeGreaterThan 3
        (Get-JobScheduler jobs).State | Should -Not -Contain 'Stuck'
        $result = Clear-JobQueue jobs -State delayed, waiting -Name report -Confirm:$false -PassThru
        $result.Matched, $result.Removed | Should -Be 0, 0
    }
}
