# Repair-JobQueue: damage made on real queues beside a live worker, found, repaired, and worked off by BullMQ.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    $quick = @{ StalledInterval = '50ms'; Confirm = $false }

    # Takes jobs as a worker does that dies then.
    function Stop-Worker([string] $Lib, [int] $Count) {
        $taken = Invoke-Peer @{ do = 'take'; lib = $Lib; queue = 'mail'; count = $Count }
        foreach ($id in $taken) { [void](Invoke-Redis del "bull:mail:${id}:lock"); $id }
    }
}
AfterAll { Stop-Lab }

Describe 'Repair-JobQueue with <Lib>' -ForEach @{ Lib = 'bullmq5' }, @{ Lib = 'bullmq' } {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        # What a live worker holds all the time.
        [void](Invoke-Peer @{ do = 'add'; lib = $Lib; queue = 'mail'; name = 'held'; data = @{ ms = 60000 } })
        [void](Invoke-Peer @{ do = 'startWorker'; lib = $Lib; queue = 'mail'; opts = @{ concurrency = 1 } })
        [void](Invoke-Peer @{ do = 'waitState'; lib = $Lib; queue = 'mail'; id = '1'; state = 'active' })
    }

    It 'finds every kind of damage, and changes nothing' {
        [void](Invoke-Peer @{ do = 'addMany'; lib = $Lib; queue = 'mail'; count = 4 })
        $lost = Stop-Worker $Lib 1
        [void](Invoke-Redis del bull:mail:4)
        [void](Invoke-Redis lrem bull:mail:wait 0 5)
        $before = Get-Keyspace
        $found = Repair-JobQueue mail -FindOnly -StalledInterval 50ms
        $found | ForEach-Object { "$($_.Kind) $($_.Id) $($_.Status)" } | Should -Be "LostActive $lost Found", 'MissingJob 4 Found', 'OrphanedKey 5 Found'
        $text = Repair-JobQueue mail -WhatIf -StalledInterval 50ms 6>&1 *>&1 | Out-String
        Get-Keyspace | Should -Be $before
    }

    It 'puts lost jobs back, and the worker''s own stays with it' {
        [void](Invoke-Peer @{ do = 'addMany'; lib = $Lib; queue = 'mail'; count = 3 })
        $lost = Stop-Worker $Lib 2
        Repair-JobQueue mail -Kind LostActive @quick | Should -BeNullOrEmpty
        (Get-Job -Queue mail -State active).Id | Should -Be 1
        # The one that was taken first is the next to run.
        $order = Invoke-Redis lrange bull:mail:wait 0 -1
        $order | Should -Be '4', '3', '2'
        # Another worker runs each of them once.
        $ran = Invoke-Peer @{ do = 'work'; lib = $Lib; queue = 'mail'; as = 'second'; skipMeta = $true }
        $ran.id | Sort-Object | Should -Be '2', '3', '4'
        (Get-Job -Queue mail -State active).Id | Should -Be 1
    }

    It 'repairs exactly what was found and piped' {
        [void](Invoke-Peer @{ do = 'addMany'; lib = $Lib; queue = 'mail'; count = 4 })
        [void](Invoke-Redis del bull:mail:2 bull:mail:3)
        [void](Invoke-Redis lrem bull:mail:wait 0 5)
        $found = Repair-JobQueue mail -FindOnly -StalledInterval 50ms
        $done = $found | Where-Object Id -NE 3 | Repair-JobQueue -PassThru -Confirm:$false
        $done | ForEach-Object { "$($_.Kind) $($_.Id) $($_.Status)" } | Should -Be 'MissingJob 2 Repaired', 'OrphanedKey 5 Repaired'
        (Repair-JobQueue mail -FindOnly -StalledInterval 50ms).Id | Should -Be 3
        # A second time there is nothing to do.
        ($found | Repair-JobQueue -Kind OrphanedKey -PassThru -Confirm:$false).Status | Should -Be Gone
    }

    It 'lets a parent go whose children are gone' {
        [void](Invoke-Peer @{ do = 'counts'; lib = $Lib; queue = 'parts' })
        [void](Invoke-Peer @{ do = 'addFlow'; lib = $Lib; flow = @{ name = 'book'; queueName = 'parents'; children = @(@{ name = 'page'; queueName = 'parts'; opts = @{ jobId = 'a' } }, @{ name = 'page'; queueName = 'parts'; opts = @{ jobId = 'b' } }) } })
        [void](Invoke-Peer @{ do = 'work'; lib = $Lib; queue = 'parts'; count = 1 })
        [void](Invoke-Peer @{ do = 'counts'; lib = $Lib; queue = 'parents' })
        $parent = (Get-Job -Queue parents).Id
        if ((Get-Job -Queue parents).State -eq 'WaitingChildren') { throw 'both children have run' }
        [void](Invoke-Redis zadd bull:parents:waiting-children 1 $parent)
        [void](Invoke-Redis lrem bull:parents:wait 0 $parent)
        [void](Invoke-Redis sadd "bull:parents:${parent}:dependencies" bull:parts:zzz)
        $found = Repair-JobQueue parents -FindOnly -Kind Parent
        $found.Message, $found.Keys | Should -Be 'waits for 1 child that is gone', 'bull:parts:zzz'
        ($found | Repair-JobQueue -PassThru -Confirm:$false).Message | Should -Be 'waited for 1 child in vain, and was let go'
        (Invoke-Peer @{ do = 'work'; lib = $Lib; queue = 'parents' }).id | Should -Be $parent
        (Invoke-Peer @{ do = 'getJob'; lib = $Lib; queue = 'parents'; id = $parent }).state | Should -Be completed
    }

    It 'keeps what it deletes' {
        [void](Invoke-Peer @{ do = 'addMany'; lib = $Lib; queue = 'mail'; count = 3 })
        [void](Invoke-Redis del bull:mail:wait)
        $before = Get-JobContent
        $file = Join-Path $TestDrive "orphans-$Lib.jsonl"
        Repair-JobQueue mail -Kind OrphanedKey -Backup $file @quick
        (Repair-JobQueue mail -FindOnly -StalledInterval 50ms) | Should -BeNullOrEmpty
        Get-Job -Queue mail | Should -HaveCount 1
        Import-Job $file -Confirm:$false
        Get-JobContent | Should -Be $before
    }

    It 'joins lists only when that is insisted on' {
        [void](Invoke-Peer @{ do = 'addMany'; lib = $Lib; queue = 'lists'; count = 3 })
        [void](Invoke-Redis lmove bull:lists:wait bull:lists:paused right left)
        (Test-JobQueue lists -Check Lists).Severity | Should -Be Warning
        Get-ErrorId { Repair-JobQueue lists -Kind Lists @quick } | Should -Be MixedPause
        Repair-JobQueue lists -Kind Lists -Force @quick
        (Invoke-Peer @{ do = 'work'; lib = $Lib; queue = 'lists' }).Count | Should -Be 3
    }
}

Describe 'Repair-JobQueue' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'mail'; count = 3 })
    }

    It 'says in one sentence what it would do, with numbers' {
        [void](Invoke-Redis del bull:mail:1 bull:mail:2)
        $command = "Import-Module '$(Get-Manifest)'; Connect-JobServer $($lab.Uri) | Out-Null; Repair-JobQueue mail -WhatIf -StalledInterval 50ms"
        $lines = pwsh -NoProfile -Command $command
        $lines | Should -Contain 'What if: Take 2 ids without a job out of the states of queue mail (1, 2)'
        $lines | Should -Contain 'What if: Repair job 1 in queue mail: is waiting, and the job is gone'
    }

    It 'sees a lost job as Test-JobQueue does' {
        [void](Invoke-Peer @{ do = 'take'; queue = 'mail' })
        [void](Invoke-Redis del bull:mail:1:lock)
        (Test-JobQueue mail -Check Lost).Value | Should -Be 0
        [void](Invoke-Redis hset bull:mail:1 processedOn 1700000000000)
        $lost = Test-JobQueue mail -Check Lost
        $lost.Severity, $lost.Value | Should -Be Warning, 1
    }

    It 'takes several queues to look at' {
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'chat'; count = 1 })
        [void](Invoke-Redis del bull:mail:1 bull:chat:1)
        (Repair-JobQueue * -FindOnly -Kind MissingJob).Queue | Should -Be chat, mail
        (Get-JobQueue | Repair-JobQueue -FindOnly -Kind MissingJob, Marker).Queue | Should -Be chat, mail
    }

    It 'has a table of 80 columns and a list' {
        [void](Invoke-Redis del bull:mail:wait)
        $lines = (Repair-JobQueue mail -FindOnly -Kind OrphanedKey | Out-String -Width 80) -split '\r?\n'
        $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual 80 }
        $lines -match '^Kind +Id +Status +Damage' | Should -HaveCount 1
        Repair-JobQueue mail -FindOnly -Kind OrphanedKey | Select-Object -First 1 | Format-List | Out-String | Should -Match 'Keys +: bull:mail:\d'
    }

    It 'refuses <Case>' -ForEach @(
        @{ Case = 'to repair no kind'; Id = 'KindMissing'; Script = { Repair-JobQueue mail -Confirm:$false } }
        @{ Case = 'to repair two kinds at once'; Id = 'KindMissing'; Script = { Repair-JobQueue mail -Kind Parent, Marker -Confirm:$false } }
        @{ Case = 'no queue'; Id = 'QueueMissing'; Script = { Repair-JobQueue -FindOnly } }
        @{ Case = 'an interval of nothing'; Id = 'InvalidInterval'; Script = { Repair-JobQueue mail -FindOnly -StalledInterval 0s } }
        @{ Case = 'an interval that no timer can wait'; Id = 'InvalidInterval'; Script = { Repair-JobQueue mail -FindOnly -StalledInterval 60d } }
        @{ Case = 'a queue that is not there'; Id = 'QueueNotFound'; Script = { Repair-JobQueue none -FindOnly } }
        @{ Case = 'a backup of nothing'; Id = 'ParameterConflict'; Script = { Repair-JobQueue mail -FindOnly -Backup x.jsonl } }
        @{ Case = 'a job in place of a damage'; Id = 'NotAQueue'; Script = { Get-Job -Queue mail -Id 1 | Repair-JobQueue -FindOnly } }
    ) {
        $before = Get-Keyspace
        Get-ErrorId $Script | Should -Be $Id
        Get-Keyspace | Should -Be $before
    }

    It 'is stopped at once while it waits for the second look' {
        [void](Invoke-Peer @{ do = 'take'; queue = 'mail' })
        [void](Invoke-Redis del bull:mail:1:lock)
        $stop = Measure-Stop 'Repair-JobQueue mail -FindOnly -Kind LostActive'
        $stop.WasRunning | Should -BeTrue
        $stop.Milliseconds | Should -BeLessThan 1000
    }
}
