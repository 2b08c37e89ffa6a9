# Copy-Job, between queues and between servers.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    $other = Start-TestRedis
}
AfterAll {
    Stop-TestRedis $other
    Stop-Lab
}

Describe 'Copy-Job' {
    BeforeEach {
        Clear-Lab
        [void](Invoke-Peer @{ do = 'redis'; port = $other.Port; args = @('flushall') })
        [void](Connect-JobServer $other.Uri -Name other)
        [void](Connect-JobServer $lab.Uri -Name lab)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 3; names = 'send', 'resize'; data = @{ to = 'a@b.c' }; opts = @{ attempts = 1; keepLogs = 7 } })
    }

    It 'runs jobs again under new ids, and only once however often it is done' {
        $outcomes = Get-Job -Queue emails -State failed | Copy-Job -PassThru
        $outcomes.Status | Should -Be Added, Added, Added
        $outcomes.NewId | Should -Match '^copy-emails-\d-\d{13}$'
        $again = Get-Job -Queue emails -State failed | Copy-Job -PassThru -ErrorAction Stop
        $again.Status | Should -Be AlreadyExists, AlreadyExists, AlreadyExists
        $again.NewId | Should -Be $outcomes.NewId
        (Invoke-Peer @{ do = 'counts'; queue = 'emails' }).waiting | Should -Be 3
        (Copy-Job 1 -Queue emails -Again -PassThru).NewId | Should -Match '^\d+$'
    }

    It 'copies to another queue with data, name, priority and options, not with what was of that job alone' {
        [void](Invoke-Peer @{ do = 'add'; queue = 'emails'; name = 'late'; data = @{ n = 1 }; opts = @{ jobId = 'mine'; delay = 3600000; priority = 4; deduplication = @{ id = 'd' }; backoff = 100 } })
        $id = (Copy-Job mine -Queue emails -Destination archive -PassThru).NewId
        $job = Invoke-Peer @{ do = 'getJob'; queue = 'archive'; id = $id }
        $job.state, $job.name, $job.data.n, $job.priority | Should -Be 'delayed', 'late', 1, 4
        $job.opts.delay | Should -BeGreaterThan 3500000
        $job.opts.PSObject.Properties.Name | Should -Not -Contain deduplication
        $job.opts.backoff.delay | Should -Be 100
        $id = (Copy-Job 1 -Queue emails -Destination archive -PassThru).NewId
        (Invoke-Peer @{ do = 'getJob'; queue = 'archive'; id = $id }).opts.keepLogs | Should -Be 7
    }

    It 'copies to another server, where a worker runs them' {
        $outcomes = Copy-Job -Queue emails -State failed -Name send -DestinationConnection other -Destination rescued -PassThru
        $outcomes.Connection | Should -Be other, other
        (Invoke-Peer @{ do = 'work'; queue = 'rescued'; port = $other.Port }).name | Should -Be send, send
        $outcomes | Get-Job | ForEach-Object State | Should -Be Completed, Completed
    }

    It 'gives the copy of one job the id that is asked for' {
        (Copy-Job 1 -Queue emails -NewId again-1 -PassThru).NewId | Should -Be again-1
        Get-ErrorId { Copy-Job -Queue emails -State failed -NewId x } | Should -Be ParameterConflict
    }

    It 'gives outcomes that stand for the copies, also as <Name>' -ForEach @(
        @{ Name = 'CSV'; As = { $input | ConvertTo-Csv | ConvertFrom-Csv } }
        @{ Name = 'JSON'; As = { $input | ConvertTo-Json | ConvertFrom-Json } }
        @{ Name = 'CLIXML'; As = { $input | Export-Clixml "$TestDrive/copies.xml"; Import-Clixml "$TestDrive/copies.xml" } }
        @{ Name = 'picked columns'; As = { $input | Select-Object Queue, Id, NewId } }
    ) {
        [void](Invoke-Peer @{ do = 'seed'; queue = 'archive'; failed = 3 })
        Copy-Job 1, 2 -Queue emails -Destination archive -PassThru | & $As | Remove-Job -Confirm:$false
        Copy-Job 1, 2 -Queue emails -PassThru | & $As | Remove-Job -Confirm:$false
        foreach ($queue in 'emails', 'archive') {
            $ids = Invoke-Peer @{ do = 'ids'; queue = $queue; states = @('waiting', 'failed') }
            $ids | Sort-Object | Should -Be '1', '2', '3' -Because $queue
        }
    }

    It 'keeps data byte for byte' {
        [void](Invoke-Redis hset bull:emails:1 data '{"n":1.50,"big":12345678901234567890,"u":"\u00e9"}')
        $id = (Copy-Job 1 -Queue emails -Destination archive -PassThru).NewId
        Invoke-Redis hget "bull:archive:$id" data | Should -BeExactly '{"n":1.50,"big":12345678901234567890,"u":"\u00e9"}'
    }

    It 'copies jobs whose options .NET would not read, and those after them' {
        [void](Invoke-Redis hset bull:emails:1 opts '{"keepLogs":1,"keepLogs":2}')
        [void](Invoke-Redis hset bull:emails:2 opts '{"mine":"\ud83d"}')
        $outcomes = Copy-Job -Queue emails -State failed -Destination archive -PassThru
        $outcomes.Status | Should -Be Added, Added, Added
        (Invoke-Redis hget "bull:archive:$($outcomes[0].NewId)" opts | ConvertFrom-Json).kl | Should -Be 2
    }

    It 'makes an error of a job that is gone, and goes on with the rest' {
        $errors = $null
        (Copy-Job 1, 99, 2 -Queue emails -PassThru -ErrorAction SilentlyContinue -ErrorVariable errors).Status | Should -Be Added, NotFound, Added
        $errors.FullyQualifiedErrorId | Should -BeLike 'JobNotFound*'
    }

    It 'copies the jobs of a list all the same when the queue of some is gone' {
        $errors = $null
        $rows = 'Queue,Id', 'gone,1', 'no:queue,1', 'emails,2' | ConvertFrom-Csv
        ($rows | Copy-Job -PassThru -ErrorAction SilentlyContinue -ErrorVariable errors).Status | Should -Be NotFound, Refused, Added
        $errors | Should -HaveCount 2
        "$($errors[0])" | Should -BeLike "*There is no queue 'gone'*"
    }

    It 'needs to be told which jobs' {
        Get-ErrorId { Copy-Job -Queue emails } | Should -Be NoJobs
        Get-ErrorId { Copy-Job -State failed } | Should -Be NoJobs
    }

    It 'does not copy its own copies' {
        Copy-Job -Queue emails -State failed, waiting -PassThru | Should -HaveCount 3
    }

    It 'writes nothing with -WhatIf, or read-only' {
        $before = Get-Keyspace
        Get-Job -Queue emails | Copy-Job -WhatIf
        Copy-Job -Queue emails -State failed -Destination archive -WhatIf
        Get-ErrorId { Copy-Job -Queue emails -State failed -Destination a:b -WhatIf } | Should -Be InvalidQueueName
        Get-ErrorId { Copy-Job 1 -Queue emails -Destination a:b -WhatIf } | Should -Be InvalidQueueName
        [void](Connect-JobServer $lab.Uri -Name lab -ReadOnly)
        Get-ErrorId { Copy-Job 1 -Queue emails } | Should -Be ReadOnlyConnection
        Get-Keyspace | Should -Be $before
    }
}
