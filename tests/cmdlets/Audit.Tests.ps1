# The audit: what every change leaves behind, and what happens when it can't.
BeforeDiscovery {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    Import-Module (Get-Manifest) -Force
    # A change by each cmdlet that can make one, on the queue emails. A new cmdlet needs a line here.
    $changes = @{
        'Clear-JobQueue' = { Clear-JobQueue emails failed -Confirm:$false }, 'removed=2'
        'Copy-Job' = { Copy-Job 1 -Queue emails }, 'added=1'
        'Import-Job' = { [void](Invoke-Redis flushall); Import-Job $file -NewName emails }, 'added=2'
        'Invoke-JobPromotion' = { Invoke-JobPromotion -Queue emails }, 'promoted=2'
        'Invoke-JobRetry' = { Invoke-JobRetry -Queue emails }, 'retried=2'
        'New-Job' = { New-Job send @{ to = 'x' } -Queue emails }, 'added=1'
        'Remove-Job' = { Remove-Job 1, 2, 99 -Queue emails -Confirm:$false -ErrorAction Ignore }, 'notFound=1 removed=2'
        'Remove-JobQueue' = { Remove-JobQueue emails -Confirm:$false }, 'removed=7'
        'Remove-JobScheduler' = { Remove-JobScheduler nightly -Queue emails -Confirm:$false }, 'removed=1'
        'Repair-JobQueue' = { [void](Invoke-Redis del bull:emails:1); Repair-JobQueue emails -Kind MissingJob -Confirm:$false }, 'repaired=1'
        'Resume-JobQueue' = { Resume-JobQueue emails }, 'unchanged=1'
        'Set-Job' = { Get-Job -Queue emails -State delayed | Set-Job -Data @{ secret = 'hunter2' } }, 'updated=3'
        'Set-JobQueue' = { Set-JobQueue emails -Concurrency 4 }, 'updated=1'
        'Set-JobScheduler' = { Set-JobScheduler nightly -Queue emails -Pattern '0 4 1 1 *' }, 'updated=1'
        'Stop-Job' = { Stop-Job -Queue emails -State waiting -Confirm:$false }, 'stopped=2'
        'Suspend-JobQueue' = { Suspend-JobQueue emails }, 'suspended=1'
    }
    $cases = foreach ($command in Get-Command -Module JobAdmin | Where-Object { $_.Parameters.ContainsKey('WhatIf') }) {
        @{ Name = $command.Name; Change = $changes[$command.Name] }
    }
}
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    $file = Join-Path $TestDrive 'export.jsonl'
    $audit = Join-Path $TestDrive 'audit.jsonl'
    function Get-Line { foreach ($line in Get-Content $audit) { $line | ConvertFrom-Json -DateKind String } }
    function Format-Count($Line) { ($Line.counts.PSObject.Properties | ForEach-Object { "$($_.Name)=$($_.Value)" }) -join ' ' }
}
AfterAll {
    $env:JOBADMIN_AUDIT = $null
    Stop-Lab
}

Describe 'The audit' {
    BeforeEach {
        $env:JOBADMIN_AUDIT = $null
        Clear-Lab
        Remove-Item $audit, $file -ErrorAction Ignore
        [void](Invoke-Peer @{ do = 'seed'; queue = 'export'; waiting = 2 })
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 2; waiting = 2; delayed = 1 })
        [void](Invoke-Peer @{ do = 'upsertScheduler'; queue = 'emails'; id = 'nightly'; repeat = @{ pattern = '0 3 1 1 *'; tz = 'UTC' } })
        [void](Invoke-Peer @{ do = 'add'; queue = 'emails'; opts = @{ delay = 100000 } })
        [void](Connect-JobServer $lab.Uri -Name c -AuditPath $audit)
        Export-Job -Queue export -Path $file
    }

    It 'has a line at the start and one at the end of <Name>' -ForEach $cases {
        $Change | Should -Not -BeNullOrEmpty -Because 'each cmdlet that changes something is tried here'
        if ($Name -eq 'Invoke-JobPromotion') { [void](Invoke-Peer @{ do = 'removeScheduler'; queue = 'emails'; args = @('nightly') }) }
        & $Change[0] | Out-Null
        $start, $end = Get-Line
        $start.event, $end.event | Should -Be 'start', 'end'
        foreach ($line in $start, $end) {
            $line.command | Should -Be $Name
            $line.queue | Should -Be 'emails'
            $line.server | Should -BeLike "*:$($lab.Port)*"
            $line.connection, $line.prefix, $line.kind | Should -Be 'c', 'bull', 'Redis'
            $line.user, $line.host, $line.pid | Should -Be ([Environment]::UserName), ([Environment]::MachineName), $PID
            $line.version | Should -Be (Get-Module JobAdmin).Version
            [DateTimeOffset]::ParseExact($line.time, 'yyyy-MM-ddTHH:mm:ss.fffzzz', $null) | Should -BeGreaterThan ([DateTimeOffset]::Now.AddMinutes(-1))
        }
        $end.run | Should -Be $start.run
        $end.result | Should -Be 'completed'
        Format-Count $end | Should -Be $Change[1]
        Get-Content $audit -Raw | Should -Not -Match 'hunter2'
    }

    It 'counts all that was changed when the first error ends <Name>' -ForEach @(
        @{ Name = 'a pipeline'; Change = { $jobs | Invoke-JobRetry -BatchSize 50 -ErrorAction Stop } }
        @{ Name = 'a change of all that match'; Change = { Invoke-JobRetry -Queue emails -State failed -ErrorAction Stop } }
    ) {
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 400 })
        $jobs = Get-Job -Queue emails -State failed -Oldest 1000
        [void](Invoke-Redis del "bull:emails:$($jobs[10].Id)")
        $Change | Should -Throw -ErrorId JobNotFound*
        $left = [int](Invoke-Redis zcard bull:emails:failed)
        $left | Should -BeLessThan 402
        $end = (Get-Line)[-1]
        $end.result | Should -Be 'stopped'
        Format-Count $end | Should -Be "notFound=1 retried=$(402 - $left)"
    }

    It 'has nothing of <Name> with -WhatIf' -ForEach $cases {
        & ([scriptblock]::Create("`$WhatIfPreference = `$true; $($Change[0])")) | Out-Null
        Get-Content $audit | Should -BeNullOrEmpty
    }

    It 'says the filter, the parameters and the reason' {
        Invoke-JobRetry -Queue emails -Reason 'bo*m' -Max 1 -AuditReason 'ticket 4711'
        $line = (Get-Line)[-1]
        $line.reason | Should -Be 'ticket 4711'
        $line.filter.states, $line.filter.reasons, $line.filter.max | Should -Be 'failed', 'bo*m', 1
        $line.parameters.Reason | Should -Be 'bo*m'
        $line.parameters.Queue | Should -Be 'emails'
    }

    It 'names some of the jobs that are named' {
        Invoke-JobRetry 1, 2 -Queue emails
        (Get-Line)[-1].ids | Should -Be '1', '2'
        Stop-Job 3 -Queue emails -Reason 'no longer wanted' -Confirm:$false
        (Get-Line)[-1].reason | Should -Be 'no longer wanted'
    }

    It 'has a pair of lines for each queue' {
        Get-Job -Queue emails, export -State waiting | Remove-Job -Confirm:$false
        $lines = Get-Line
        "$($lines | ForEach-Object { "$($_.event) $($_.queue)" } | Sort-Object)" | Should -Be 'end emails end export start emails start export'
        $lines | Where-Object event -EQ end | ForEach-Object { Format-Count $_ } | Should -Be 'removed=2', 'removed=2'
    }

    It 'tells what failed and what was stopped' {
        [void](Connect-JobServer $lab.Uri -Name c -AuditPath $audit -ReadOnly)
        Get-ErrorId { Suspend-JobQueue emails } | Should -Be 'ReadOnlyConnection'
        $line = (Get-Line)[-1]
        $line.result, $line.error.id | Should -Be 'failed', 'ReadOnlyConnection'
        [void](Connect-JobServer $lab.Uri -Name c -AuditPath $audit)
        Get-Job -Queue emails | Remove-Job -PassThru -BatchSize 1 -Confirm:$false -ErrorAction Ignore | Select-Object -First 1 | Should -HaveCount 1
        (Get-Line)[-1].result | Should -Be 'stopped'
    }

    It 'shows a crash as a start without an end' {
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'emails'; count = 200; opts = @{ delay = 100000 } })
        $process = Start-Process pwsh -PassThru -ArgumentList '-NoProfile', '-Command', "Import-Module '$(Get-Manifest)'; [void](Connect-JobServer $($lab.Uri) -AuditPath '$audit'); Invoke-JobPromotion -Queue emails -Throttle 5"
        foreach ($i in 1..300) { if (Get-Content $audit) { break }; Start-Sleep -Milliseconds 100 }
        $process.Kill()
        $process.WaitForExit()
        (Get-Line).event | Should -Be 'start'
    }

    It 'refuses a change that it can not write down' {
        $before = Get-Keyspace
        [void](Connect-JobServer $lab.Uri -Name c)
        $env:JOBADMIN_AUDIT = Join-Path $TestDrive 'no/such/folder/audit.jsonl'
        (Get-JobServer c).AuditPath | Should -Be $env:JOBADMIN_AUDIT
        Get-ErrorId { Invoke-JobRetry -Queue emails } | Should -Be 'AuditNotWritten'
        Get-ErrorId { Get-Job -Queue emails -State failed | Remove-Job -Confirm:$false } | Should -Be 'AuditNotWritten'
        $env:JOBADMIN_AUDIT = 'audit.jsonl'
        Get-ErrorId { Suspend-JobQueue emails } | Should -Be 'AuditNotWritten'
        Get-ErrorId { Connect-JobServer $lab.Uri -AuditPath (Join-Path $TestDrive 'no/such/audit') } | Should -Be 'AuditNotWritten'
        Get-Keyspace | Should -Be $before
    }

    It 'comes with the environment too, also after connecting' {
        [void](Connect-JobServer $lab.Uri -Name c)
        (Get-JobServer c).AuditPath | Should -BeNullOrEmpty
        $env:JOBADMIN_AUDIT = $audit
        Suspend-JobQueue emails
        (Get-Line).event | Should -Be 'start', 'end'
        (Get-JobServer c | Format-List | Out-String) | Should -BeLike "*AuditPath*$audit*"
    }

    It 'keeps the lines of processes that write at once whole' {
        $jobs = 1..4 | ForEach-Object {
            Start-Process pwsh -PassThru -ArgumentList '-NoProfile', '-Command', "Import-Module '$(Get-Manifest)'; [void](Connect-JobServer $($lab.Uri) -AuditPath '$audit'); 1..25 | ForEach-Object { Suspend-JobQueue emails -AuditReason ('$_' * 2000) }"
        }
        $jobs | ForEach-Object { $_.WaitForExit() }
        $lines = Get-Line
        $lines.Count | Should -Be 200
        $lines | Group-Object run | Where-Object Count -NE 2 | Should -BeNullOrEmpty
    }

    It 'knows of New-Job what was added when it is stopped' {
        $env:JOBADMIN_AUDIT = $audit
        $stop = Measure-Stop '1..1000000 | ForEach-Object { @{ n = $_ } } | New-Job x -Queue export -BatchSize 20' 3000
        $stop.WasRunning | Should -BeTrue
        $counts = (Get-Line)[-1].counts
        $counts.added | Should -BeGreaterThan 0
        # Two were there. What has no answer yet is told as unknown.
        $added = (Invoke-Peer @{ do = 'counts'; queue = 'export' }).waiting - 2
        $added | Should -BeGreaterOrEqual $counts.added
        $added | Should -BeLessOrEqual ($counts.added + [int]$counts.unknown)
    }

    It 'goes on behind a line that was cut' {
        Set-Content $audit '{"time":"2026-' -NoNewline
        Suspend-JobQueue emails
        (Get-Content $audit).Count | Should -Be 3
        (Get-Content $audit)[1, 2] | ForEach-Object { $_ | ConvertFrom-Json } | ForEach-Object event | Should -Be 'start', 'end'
    }
}
