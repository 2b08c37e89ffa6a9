# What scripts rely on: defaults, strict mode, errors that stop, sessions in parallel.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    [void](Connect-JobServer $lab.Uri -Name c)
    [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 3; waiting = 2 })
    [void](Invoke-Peer @{ do = 'seed'; queue = 'chat'; waiting = 1 })

    # A script in a PowerShell of its own, as a scheduler runs it: its exit code, and what it wrote.
    function Invoke-Scheduled([string] $Script) {
        $path = "$TestDrive/$([guid]::NewGuid()).ps1"
        "Import-Module '$(Get-Manifest)'; Connect-JobServer $($lab.Uri) -Timeout 60 | Out-Null`n$Script" | Set-Content $path
        $text = pwsh -NoProfile -NonInteractive -File $path 2>&1 | Out-String
        [pscustomobject]@{ ExitCode = $LASTEXITCODE; Text = $text }
    }
}
AfterAll { Stop-Lab }

Describe 'Scripts' {
    It 'may set defaults' {
        $PSDefaultParameterValues = @{ 'Get-Job:Queue' = 'emails'; 'Get-Job:State' = 'failed'; 'Invoke-JobRetry:WhatIf' = $true; '*-JobQueue:Connection' = 'c' }
        (Get-Job).Count | Should -Be 3
        Get-Job | Invoke-JobRetry
        (Get-Job).Count | Should -Be 3
        (Get-JobQueue).Count | Should -Be 2
    }

    It 'may be strict, and stop at the first error' {
        $end = Invoke-Scheduled @'
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$queues = Get-JobQueue
$jobs = JobAdmin\Get-Job -State failed
$outcomes = $jobs | Invoke-JobRetry -WhatIf -PassThru
$queues, $jobs, (Get-JobFailure), (Get-JobWorker), (Watch-JobQueue -Once), (Get-JobServer) | Out-String -Width 120
Get-JobQueue no-such-queue
'still here'
'@
        $end.ExitCode | Should -Be 1
        $end.Text | Should -Match "no-such-queue"
        $end.Text | Should -Not -Match 'still here'
    }

    It 'are told to quote a name in braces, which is a script block: <_>' -ForEach @(
        'Get-Job -Queue {q1}', 'Get-JobQueue emails, {q1}', 'Clear-JobQueue {q1} -State completed -Confirm:$false', 'Test-JobQueue {q1}', 'Watch-JobEvent {q1} -Timeout 1', 'New-Job a -Queue {q1}',
        'Set-JobScheduler s -Queue {q1} -Every 5m', 'Remove-JobScheduler s -Queue {q1} -Confirm:$false', 'Get-Job -Queue emails | Copy-Job -Destination {q1} -Confirm:$false',
        'Connect-JobServer $lab.Uri -Prefix {q1}', 'Connect-JobServer $lab.Uri -Queue {q1}', 'Watch-JobQueue {q1} -Once'
    ) {
        $before = Get-Keyspace
        $record = Get-ErrorOf ([scriptblock]::Create($_))
        $record.FullyQualifiedErrorId | Should -BeLike 'ParameterArgumentTransformationError,*'
        "$record" | Should -BeLike "*quote it, as in '{q1}'*"
        Get-Keyspace | Should -Be $before
        Get-ErrorId { Get-Job -Queue '{q1}' } | Should -Be QueueNotFound
    }

    It 'stop at errors about single jobs only when told to' {
        $end = Invoke-Scheduled "Invoke-JobRetry -Queue emails -Id 1, none -WhatIf:`$false -ErrorVariable problems -ErrorAction SilentlyContinue; `$problems.Count; exit 7"
        $end.ExitCode | Should -Be 7
        $end.Text.Trim() | Should -Be '1'
        (Invoke-Scheduled "Invoke-JobRetry -Queue emails -Id none -ErrorAction Stop; exit 7").ExitCode | Should -Be 1
    }

    It 'fail rather than wait for an answer that nobody gives' {
        $end = Invoke-Scheduled 'Remove-JobQueue chat; exit 7'
        $end.Text | Should -Match 'NonInteractive|interactive'
        (Get-JobQueue chat).Waiting | Should -Be 1
    }

    It 'may work in parallel on one connection' {
        $connection = Get-JobServer c
        $manifest = Get-Manifest
        $found = 1..8 | ForEach-Object -ThrottleLimit 4 -Parallel {
            Import-Module $using:manifest
            (JobAdmin\Get-Job -Queue emails -Connection $using:connection).Count
        }
        $found | Should -Be @(@(5) * 8)
    }

    It 'get no colour and no progress when their output goes to a file' {
        $end = Invoke-Scheduled 'Get-Job -State waiting | Out-String; Get-Job -Queue emails -State waiting | Copy-Job -ToQueue chat -WhatIf; Get-JobQueue nix'
        $end.Text | Should -Not -Match "`e\[[0-9;]*[A-Za-z]"
    }
}
