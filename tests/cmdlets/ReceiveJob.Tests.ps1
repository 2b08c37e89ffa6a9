# Receive-Job on queue jobs.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    [void](Connect-JobServer $lab.Uri)
    function Invoke-TestJob($Result) {
        $id = Invoke-Peer @{ do = 'add'; queue = 'emails'; data = @{ result = $Result } }
        [void](Invoke-Peer @{ do = 'work'; queue = 'emails' })
        $id
    }
}
AfterAll { Stop-Lab }

Describe 'Receive-Job' {
    It 'gives what a job returned, as objects' {
        $id = Invoke-TestJob @{ sent = 3; to = @('a', 'b'); nested = @{ ok = $true } }
        $result = Receive-Job $id -Queue emails
        $result.sent | Should -Be 3
        $result.sent | Should -BeOfType long
        $result.to | Should -Be 'a', 'b'
        $result.nested.ok | Should -BeTrue
        (Get-Job $id -Queue emails | Receive-Job).sent | Should -Be 3
    }

    It 'gives <Kind>' -ForEach @(
        @{ Kind = 'a text'; Result = 'done'; Type = [string] }
        @{ Kind = 'a number'; Result = 1.5; Type = [double] }
        @{ Kind = 'a bool'; Result = $true; Type = [bool] }
    ) {
        $received = Receive-Job (Invoke-TestJob $Result) -Queue emails
        $received | Should -Be $Result
        $received | Should -BeOfType $Type
    }

    It 'gives the elements of an array, and nothing for nothing' {
        Receive-Job (Invoke-TestJob @(1, 2, 3)) -Queue emails | Should -Be 1, 2, 3
        Receive-Job (Invoke-TestJob $null) -Queue emails | Should -BeNullOrEmpty
    }

    It 'makes an error of a failed job, with its stack trace at hand' {
        [void](Invoke-Peer @{ do = 'add'; queue = 'bad'; data = @{ do = 'fail'; reason = 'no luck' } })
        [void](Invoke-Peer @{ do = 'work'; queue = 'bad' })
        $record = Get-ErrorOf { Get-Job -Queue bad | Receive-Job }
        $record.FullyQualifiedErrorId | Should -BeLike 'JobFailed,*'
        "$record" | Should -BeLike '*no luck*'
        $record.TargetObject.StackTrace[0] | Should -BeLike 'Error: no luck*'
    }

    It 'says that a job has not finished, or is not there' {
        $id = Invoke-Peer @{ do = 'add'; queue = 'later' }
        Get-ErrorId { Receive-Job $id -Queue later } | Should -Be 'InvalidJobState'
        Get-ErrorId { Receive-Job 99 -Queue later } | Should -Be 'JobNotFound'
        Get-ErrorId { JobAdmin\Receive-Job } | Should -Be 'NoJobs'
    }

    It 'makes one error of a queue that is gone, and receives from others' {
        $id = Invoke-TestJob @{ there = $true }
        $errors = $null
        $rows = @([pscustomobject]@{ Queue = 'gone'; Id = 1 }) * 250 + [pscustomobject]@{ Queue = 'emails'; Id = $id }
        ($rows | Receive-Job -ErrorAction SilentlyContinue -ErrorVariable errors).there | Should -BeTrue
        $errors.FullyQualifiedErrorId | Should -Be 'QueueNotFound,JobAdmin.Commands.ReceiveJobCommand'
        ($rows | Receive-Job -Wait -Timeout 10 -ErrorAction SilentlyContinue -ErrorVariable errors).there | Should -BeTrue
        $errors.FullyQualifiedErrorId | Should -Be 'QueueNotFound,JobAdmin.Commands.ReceiveJobCommand'
        Get-ErrorId { Receive-Job 1 -Queue gone } | Should -Be QueueNotFound
    }

    It 'waits with -Wait, and takes what Wait-Job gives' {
        $first = Invoke-Peer @{ do = 'add'; queue = 'soon'; data = @{ ms = 300; result = 'first' } }
        $second = Invoke-Peer @{ do = 'add'; queue = 'soon'; data = @{ ms = 100; result = 'second' } }
        [void](Invoke-Peer @{ do = 'startWorker'; queue = 'soon' })
        Receive-Job $first -Queue soon -Wait -Timeout 10 | Should -Be 'first'
        Get-Job $second -Queue soon | Wait-Job -Timeout 10 | Receive-Job | Should -Be 'second'
    }

    It 'tells with -Wait how a job ended that was gone before' {
        [void](Invoke-Peer @{ do = 'startWorker'; queue = 'fast' })
        $later = { Start-Sleep -Milliseconds 100; $_ }
        New-Job job @{ result = 'gone' } -Queue fast -KeepCompleted 0 -PassThru | ForEach-Object $later | Receive-Job -Wait -Timeout 10 | Should -Be 'gone'
        $record = Get-ErrorOf { New-Job job @{ do = 'fail'; reason = 'no luck' } -Queue fast -KeepFailed 0 -PassThru | ForEach-Object $later | Receive-Job -Wait -Timeout 10 }
        $record.FullyQualifiedErrorId | Should -BeLike 'JobFailed,*'
        "$record" | Should -BeLike '*no luck*'
    }
}
