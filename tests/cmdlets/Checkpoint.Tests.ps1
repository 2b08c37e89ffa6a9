# -Checkpoint: a run that breaks off is gone on with; no job twice, none left out. Counted by real workers.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    $file = Join-Path $TestDrive 'run.jsonl'
}
AfterAll { Stop-Lab }

Describe 'A run that is killed again and again' {
    BeforeEach {
        Clear-Lab
        Remove-Item $file -ErrorAction Ignore
    }

    # Workers fail each job again at once, so that a second retry of it would show as a second run.
    It 'retries each of <Count> jobs once: <Command>' -ForEach @(
        @{ Seed = 1; Count = 20000; Command = "Invoke-JobRetry -Queue big -Checkpoint '{0}'" }
        @{ Seed = 2; Count = 5000; Command = "Invoke-JobRetry -Queue big -Throttle 4000 -Checkpoint '{0}'" }
        @{ Seed = 3; Count = 5000; Command = "JobAdmin\Get-Job -Queue big -State failed | Invoke-JobRetry -Checkpoint '{0}'" }
        @{ Seed = 4; Count = 5000; Command = "JobAdmin\Get-JobFailure big | Invoke-JobRetry -Checkpoint '{0}'" }
    ) {
        Add-FailedJob big $Count
        [void](Invoke-Peer @{ do = 'startWorker'; queue = 'big'; behave = @{ do = 'fail'; reason = 'boom' }; opts = @{ concurrency = 100 } })
        $random = [Random]::new($Seed)
        $kills = 0
        do {
            $run = Start-Run ($Command -f $file) $file ($kills -lt 3 ? $random.Next(0, $Count / 30) : -1)
            if ($run.Killed) { $kills++ } else { $run.Ended | Should -BeTrue -Because $run.Errors }
        } until ($run.Ended)
        $kills | Should -BeGreaterThan 0
        [void](Invoke-Peer @{ do = 'idle'; queue = 'big'; timeout = 60000 })
        $ran = Invoke-Peer @{ do = 'stopWorker'; queue = 'big' }
        $ran.Count | Should -Be $Count
        @($ran.id | Sort-Object -Unique).Count | Should -Be $Count
        (Invoke-Peer @{ do = 'counts'; queue = 'big' }).failed | Should -Be $Count
        (Start-Run ($Command -f $file) $file).Output | Should -BeLike '*nothing left to do*'
    }
}

Describe 'A checkpoint' {
    BeforeEach {
        Clear-Lab
        Remove-Item $file -ErrorAction Ignore
        [void](Connect-JobServer $lab.Uri -Name c)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 6 })
        $log = { Get-Content $file | ForEach-Object { $_ | ConvertFrom-Json } }
    }

    It 'goes on behind -Max and Ctrl+C' {
        $stop = Measure-Stop "Invoke-JobRetry -Queue emails -Throttle 2 -Checkpoint '$file'" 2500
        $stop.WasRunning | Should -BeTrue
        $done = (Invoke-Peer @{ do = 'counts'; queue = 'emails' }).waiting
        $done | Should -BeGreaterThan 0
        $done | Should -BeLessThan 6
        $rest = Invoke-JobRetry -Queue emails -Checkpoint $file -PassThru
        $rest.Count | Should -Be (6 - $done)
        (Invoke-Peer @{ do = 'counts'; queue = 'emails' }).failed | Should -Be 0
    }

    It 'skips piped jobs that are done, and those piped twice' {
        (1, 2, 2 | Invoke-JobRetry -Queue emails -Checkpoint $file -PassThru).Id | Should -Be '1', '2'
        (Get-Content $file | Where-Object { $_ -notlike '{"end"*' }) | Set-Content $file
        [void](Invoke-Peer @{ do = 'run'; queue = 'emails'; count = 2; reason = 'again' })
        (Get-Job -Queue emails -State failed | Invoke-JobRetry -Queue emails -Checkpoint $file -PassThru).Id | Sort-Object | Should -Be '3', '4', '5', '6'
    }

    It 'takes what was under way for done when the job shows it, and does it otherwise' {
        Invoke-JobRetry 1, 2, 3 -Queue emails -Checkpoint $file
        # As if it had been killed before it knew: 1 was retried and has failed again, 2 is retried, of 3 the command never arrived.
        [void](Invoke-Peer @{ do = 'run'; queue = 'emails'; count = 3; reason = 'again' })
        [void](Invoke-Peer @{ do = 'retry'; queue = 'emails'; id = '2' })
        $lines = Get-Content $file
        $sent = $lines[1] | ConvertFrom-Json
        $now = Invoke-Peer @{ do = 'getJob'; queue = 'emails'; id = '3' }
        $sent.marks[2] = "Failed $($now.timestamp) $($now.processedOn) $($now.finishedOn) - $($now.attemptsMade) $($now.attemptsStarted)"
        $lines[0], ($sent | ConvertTo-Json -Compress) | Set-Content $file
        (Invoke-JobRetry 1, 2, 3 -Queue emails -Checkpoint $file -PassThru).Id | Should -Be '3'
        (& $log)[-2].done | Should -Be 2
    }

    It 'says with -WhatIf what is left, and writes nothing' {
        Invoke-JobRetry -Queue emails -Max 4 -Checkpoint $file
        (Get-Content $file | Where-Object { $_ -notlike '{"end"*' -and $_ -notlike '{"done"*' }) | Set-Content $file
        $before = Get-Content $file -Raw
        $said = pwsh -NoProfile -NonInteractive -Command "Import-Module '$(Get-Manifest)'; [void](Connect-JobServer $($lab.Uri)); Invoke-JobRetry -Queue emails -Max 4 -Checkpoint '$file' -WhatIf"
        "$said" | Should -Not -BeLike '*What if*'
        Get-Content $file -Raw | Should -Be $before
        Remove-Item $file
        Invoke-JobRetry -Queue emails -Max 4 -Checkpoint $file -WhatIf
        Test-Path $file | Should -BeFalse
    }

    It 'leaves out a last line that was cut' {
        Invoke-JobRetry -Queue emails -Max 4 -Checkpoint $file
        $text = (Get-Content $file -Raw) -replace '\{"end".*\n'
        Set-Content $file ($text + '{"sent":2,"queue":"ema') -NoNewline
        Invoke-JobRetry -Queue emails -Max 4 -Checkpoint $file
        (& $log)[-1].end | Should -Not -BeNullOrEmpty
        (Get-Content $file).Count | Should -Be 4
    }

    It 'is refused when it is of <Case>' -ForEach @(
        @{ Case = 'another command'; Line = 1; Script = { Invoke-JobRetry -Queue emails -Max 1 -Checkpoint $file; Set-Job -Queue emails -State failed -Max 1 -Priority 1 -Checkpoint $file } }
        @{ Case = 'other parameters'; Line = 1; Script = { Invoke-JobRetry -Queue emails -Max 1 -Checkpoint $file; Invoke-JobRetry -Queue emails -Max 2 -Checkpoint $file } }
        @{ Case = 'another prefix'; Line = 1; Script = { Invoke-JobRetry -Queue emails -Max 1 -Checkpoint $file; [void](Connect-JobServer $lab.Uri -Prefix other -Name o); Invoke-JobRetry 1 -Queue emails -Connection o -Checkpoint $file } }
        @{ Case = 'other data'; Line = 1; Script = { [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; delayed = 1 }); Set-Job -Queue emails -State delayed -Data @{ a = 1 } -Checkpoint $file; Set-Job -Queue emails -State delayed -Data @{ a = 2 } -Checkpoint $file } }
        @{ Case = 'a newer format'; Line = 1; Script = { '{"format":"jobadmin-checkpoint","version":2}' | Set-Content $file; Invoke-JobRetry -Queue emails -Checkpoint $file } }
        @{ Case = 'something else'; Line = 1; Script = { 'Queue,Id' | Set-Content $file; Invoke-JobRetry -Queue emails -Checkpoint $file } }
        @{ Case = 'something else without an end'; Line = 1; Script = { Set-Content $file 'my thesis' -NoNewline; Invoke-JobRetry -Queue emails -Checkpoint $file } }
        @{ Case = 'a line that is no line'; Line = 2; Script = { Invoke-JobRetry -Queue emails -Max 1 -Checkpoint $file; $lines = Get-Content $file; $lines[1] = $lines[1].Substring(0, 20); Set-Content $file $lines; Invoke-JobRetry -Queue emails -Max 1 -Checkpoint $file } }
        @{ Case = 'a batch too many'; Line = 3; Script = { Invoke-JobRetry -Queue emails -Max 1 -Checkpoint $file; (Get-Content $file) -replace '"done":1', '"done":7' | Set-Content $file; Invoke-JobRetry -Queue emails -Max 1 -Checkpoint $file } }
    ) {
        $record = Get-ErrorOf $Script
        $record.FullyQualifiedErrorId | Should -BeLike 'InvalidCheckpoint,*'
        "$record" | Should -BeLike "*refused at line ${Line}:*"
        (Invoke-Peer @{ do = 'counts'; queue = 'emails' }).failed | Should -BeGreaterThan 4
        if ($Case -like 'something*') { Get-Content $file -Raw | Should -Match 'Queue,Id|my thesis' }
    }

    It 'belongs to one command at a time' {
        Invoke-JobRetry -Queue emails -Max 1 -Checkpoint $file
        $held = [IO.File]::Open($file, 'Open', 'ReadWrite', 'None')
        try { Get-ErrorId { Invoke-JobRetry -Queue emails -Max 1 -Checkpoint $file } | Should -Be 'CheckpointInUse' }
        finally { $held.Dispose() }
        Get-ErrorId { Invoke-JobRetry -Queue emails -Checkpoint (Join-Path $TestDrive 'no/such/folder/file') } | Should -Be 'FileNotWritten'
        (Invoke-Peer @{ do = 'counts'; queue = 'emails' }).failed | Should -Be 5
    }

    It 'makes no second copy, also with ids of the server''s own' {
        Copy-Job -Queue emails -State failed -Destination copies -Again -Checkpoint $file
        # As if the end of the batch had not been written down.
        (Get-Content $file)[0, 1] | Set-Content $file
        Copy-Job -Queue emails -State failed -Destination copies -Again -Checkpoint $file
        (Invoke-Peer @{ do = 'counts'; queue = 'copies' }).waiting | Should -Be 6
        Copy-Job -Queue emails -State failed -Destination copies -Again
        (Invoke-Peer @{ do = 'counts'; queue = 'copies' }).waiting | Should -Be 12
    }
}

Describe '-Max and -Throttle' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name c)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'one'; failed = 5 })
        [void](Invoke-Peer @{ do = 'seed'; queue = 'two'; failed = 5 })
    }

    It 'ends what stands before in the pipeline: <Name>' -ForEach @(
        @{ Name = 'Invoke-JobRetry' }, @{ Name = 'Copy-Job' }
    ) {
        $seen = 0
        $out = Get-Job -Queue one -State failed | ForEach-Object { $seen++; $_ } | & $Name -Max 2 -PassThru
        $out.Count | Should -Be 2
        $seen | Should -Be 2
        $seen = 0
        Get-Job -Queue two -State failed | ForEach-Object { $seen++; $_ } | & $Name -Max 2 -WhatIf
        $seen | Should -Be 2
    }

    It 'counts over all queues: <Name>' -ForEach @(
        @{ Name = 'Invoke-JobRetry'; Script = { Invoke-JobRetry -Queue one, two -Max 7 } }
        @{ Name = 'Clear-JobQueue'; Script = { Clear-JobQueue one, two failed -Max 7 -Confirm:$false } }
        @{ Name = 'Get-JobQueue'; Script = { Get-JobQueue | Invoke-JobRetry -Max 7 } }
        @{ Name = 'Get-JobFailure'; Script = { Get-JobFailure | Invoke-JobRetry -Max 7 } }
        @{ Name = 'Remove-Job'; Script = { Get-Job -State failed | Remove-Job -Max 7 -Confirm:$false } }
    ) {
        & $Script
        ((Invoke-Peer @{ do = 'counts'; queue = 'one' }).failed + (Invoke-Peer @{ do = 'counts'; queue = 'two' }).failed) | Should -Be 3
    }

    It 'refuses filters for jobs that are piped' {
        Get-ErrorId { Get-Job -State failed | Invoke-JobRetry -Reason nothing } | Should -Be 'ParameterConflict'
        Get-ErrorId { Get-Job -State failed | Copy-Job -Name nothing } | Should -Be 'ParameterConflict'
        (Invoke-Peer @{ do = 'counts'; queue = 'one' }).failed | Should -Be 5
    }

    # The pace is the same in all; how close it comes is measured by bench/, not here.
    It 'is slowed down: <Name>' -ForEach @(
        @{ Name = 'Clear-JobQueue'; Script = { Clear-JobQueue one failed -Throttle 5 -Confirm:$false } }
        @{ Name = 'Copy-Job'; Script = { Copy-Job -Queue one -State failed -Throttle 5 } }
        @{ Name = 'New-Job'; Script = { 1..5 | New-Job send -Queue one -Throttle 5 } }
        @{ Name = 'Remove-Job'; Script = { Remove-Job -Queue one -State failed -Throttle 5 -Confirm:$false } }
    ) {
        (Measure-Command $Script).TotalSeconds | Should -BeGreaterThan 0.95
    }
}
