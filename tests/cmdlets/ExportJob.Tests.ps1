# Export-Job and Import-Job: what comes back is the same.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    function Get-Count([string] $Queue = 'emails') { Invoke-Peer @{ do = 'counts'; queue = $Queue } }
}
AfterAll { Stop-Lab }

Describe 'Export-Job and Import-Job' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name c)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 6; names = 'send', 'résumé'; reasons = 'SMTP timeout', 'ENOENT' })
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; completed = 2; waiting = 3; delayed = 2; prioritized = 2 })
        $file = "$TestDrive/$([guid]::NewGuid()).jsonl"
    }

    It 'brings a queue back, plain and compressed' -ForEach '', '.gz' {
        $before = Get-JobContent
        $result = Export-Job -Queue emails -IncludeQueue -Path "$file$_" -PassThru
        $result.Records | Should -BeGreaterThan 15
        $result.Length | Should -Be (Get-Item "$file$_").Length
        [void](Invoke-Redis flushall)
        $import = Import-Job "$file$_" -PassThru
        $import.Added, $import.Refused | Should -Be $result.Records, 0
        Get-JobContent | Should -Be $before
        (Import-Job "$file$_" -PassThru).Unchanged | Should -Be $result.Records
        (Invoke-Peer @{ do = 'work'; queue = 'emails'; behave = @{ do = 'ok' } }).Count | Should -Be 5
    }

    It 'has each job of a queue that BullMQ 5 paused once, and brings it back as it was' {
        [void](Invoke-Peer @{ do = 'pause'; lib = 'bullmq5'; queue = 'emails' })
        $before = Get-JobContent
        (Export-Job -Queue emails -State waiting -Path $file -PassThru).Records | Should -Be 3
        (Export-Job -Queue emails -IncludeQueue -Path $file -Force -PassThru).Records | Should -Be @(Get-Content $file | Select-String '"(hash|key)":').Count
        @(Get-Content $file | Select-String '"state":"paused"').Count | Should -Be 3
        [void](Invoke-Redis flushall)
        (Import-Job $file -PassThru).Unchanged | Should -Be 0
        Get-JobContent | Should -Be $before
        Clear-JobQueue emails -State waiting -Backup "$file.backup" -Confirm:$false
        @(Get-Content "$file.backup" | Select-String '"hash":').Count | Should -Be 3
        Import-Job "$file.backup"
        Get-JobContent | Should -Be $before
    }

    It 'brings back a job that stands under an empty id' {
        [void](Invoke-Redis hset bull:emails: name odd data '{}' opts '{}' timestamp 1700000000000 finishedOn 1700000000001 failedReason x)
        [void](Invoke-Redis rpush bull:emails::logs line)
        [void](Invoke-Redis zadd bull:emails:failed 1700000000001 '')
        $before = Get-JobContent
        Export-Job -Queue emails -IncludeQueue -Path $file
        Clear-JobQueue emails -State failed -Backup "$file.backup" -Confirm:$false
        (Import-Job "$file.backup" -PassThru).Refused | Should -Be 0
        Get-JobContent | Should -Be $before
        [void](Invoke-Redis flushall)
        (Import-Job $file -PassThru).Refused | Should -Be 0
        Get-JobContent | Should -Be $before
        (Import-Job $file -NewName copies -Checkpoint "$file.check" -PassThru).Refused | Should -Be 0
        Invoke-Redis hget bull:copies: name | Should -Be odd
    }

    It 'takes states, filters, pipelines and groups' {
        (Export-Job -Queue emails -State failed -Reason 'SMTP*' -Path $file -PassThru).Records | Should -Be 3
        (Get-Job -State failed, delayed | Export-Job -Path $file -Force -PassThru).Records | Should -Be 8
        (Get-JobFailure -Reason ENO* | Export-Job -Path $file -Force -PassThru).Records | Should -Be 3
        (Get-JobQueue | Export-Job -Path $file -Force -PassThru).Records | Should -Be 15
        (Export-Job -Queue emails -Id 1, 99 -Path $file -Force -PassThru -ErrorAction SilentlyContinue -ErrorVariable missing).Records | Should -Be 1
        ($missing[0].FullyQualifiedErrorId -split ',')[0] | Should -Be 'JobNotFound'
        Get-ErrorId { Export-Job -Path $file } | Should -Be 'NoJobs'
        Get-ErrorId { [pscustomobject]@{ Queue = 'emails'; Id = '' } | Export-Job -Path $file -Force } | Should -Be 'NotAJob'
        Get-ErrorId { Export-Job -Queue emails -Path $file } | Should -Be 'FileExists'
        Get-ErrorId { Export-Job -Queue emails -Path "$TestDrive/no/such/folder.jsonl" } | Should -Be 'FileNotWritten'
    }

    It 'exports the jobs of a list all the same when the queue of some is gone' {
        $errors = $null
        $rows = 'Queue,Id', 'gone,1', 'emails,1', 'gone,2', 'no:queue,1', 'emails,2' | ConvertFrom-Csv
        ($rows | Export-Job -Path $file -PassThru -ErrorAction SilentlyContinue -ErrorVariable errors).Records | Should -Be 2
        $errors | Should -HaveCount 2
        "$($errors[0])" | Should -BeLike "*There is no queue 'gone'*"
        Get-Content $file | Should -Not -Match 'gone'
        Get-ErrorId { Export-Job 1 -Queue gone -Path "$file.other" } | Should -Be QueueNotFound
    }

    It 'brings back more than goes to the disk together' {
        function Get-Digest { [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData([Text.Encoding]::UTF8.GetBytes((Get-JobContent) -join '|'))) }
        [void](Invoke-Redis flushall)
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'large'; count = 40; data = @{ text = 'x' * 1MB } })
        $before = Get-Digest
        $result = Export-Job -Queue large -IncludeQueue -Path $file -PassThru
        $result.Length | Should -BeGreaterThan (40 * 1MB)
        [void](Invoke-Redis flushall)
        (Import-Job $file -PassThru).Added | Should -Be $result.Records
        Get-Digest | Should -Be $before
    }

    It 'puts a parent back before its children, which workers may finish at once' {
        $flow = 1..300 | ForEach-Object { @{ name = "p$_"; queueName = 'parents'; children = @(@{ name = "c$_"; queueName = 'children' }) } }
        $flow | ForEach-Object { [void](Invoke-Peer @{ do = 'addFlow'; queue = 'parents'; flow = $_ }) }
        Export-Job -Queue children, parents -IncludeQueue -Path "$TestDrive/flow.jsonl" -Force
        Invoke-Redis flushall
        foreach ($queue in 'children', 'parents') {
            [void](Invoke-Peer @{ do = 'startWorker'; queue = $queue; behave = @{ do = 'ok' }; opts = @{ concurrency = 50 } })
        }
        try {
            $in = Import-Job "$TestDrive/flow.jsonl" -PassThru
            $in.Refused | Should -Be 0
            [void](Invoke-Peer @{ do = 'idle'; queue = 'children' })
            [void](Invoke-Peer @{ do = 'idle'; queue = 'parents' })
        }
        finally {
            [void](Invoke-Peer @{ do = 'stopWorker'; queue = 'children' })
            [void](Invoke-Peer @{ do = 'stopWorker'; queue = 'parents' })
        }
        @(Get-Job -Queue parents -State waiting-children) | Should -BeNullOrEmpty
        (Get-Job -Queue parents, children -State completed).Count | Should -Be 600
    }

    It 'overwrites what differs only with -Force' {
        Export-Job -Queue emails -State failed -Path $file
        Get-Job -Queue emails -Id 1 | Invoke-JobRetry
        $before = Get-JobContent
        $result = Import-Job $file -PassThru -ErrorAction SilentlyContinue -ErrorVariable refused
        $result.Unchanged, $result.Refused | Should -Be 5, 1
        ($refused[0].FullyQualifiedErrorId -split ',')[0] | Should -Be 'JobExists'
        Get-JobContent | Should -Be $before
        (Import-Job $file -Force -PassThru).Overwritten | Should -Be 1
        (Get-Count).failed, (Get-Count).waiting | Should -Be 6, 3
    }

    It 'renames queue and prefix' {
        Export-Job -Queue emails -Path $file
        [void](Connect-JobServer $lab.Uri -Name moved -Prefix '{moved}')
        Import-Job $file -Connection moved -NewName mails
        (Invoke-Peer @{ do = 'counts'; queue = 'mails'; prefix = '{moved}' }).failed | Should -Be 6
        Get-ErrorId { Import-Job $file -NewName @{ other = 'x' } } | Should -Be 'InvalidNewName'
        Get-ErrorId { Import-Job $file -NewName 'a:b' } | Should -Be 'InvalidNewName'
        Disconnect-JobServer moved
    }

    It 'changes nothing with -WhatIf' {
        Export-Job -Queue emails -Path $file
        [void](Invoke-Redis flushall)
        Import-Job $file -WhatIf
        @(Invoke-Redis keys '*') | Should -BeNullOrEmpty
    }

    It 'says after a stop how many records were imported' {
        Export-Job -Queue emails -Path $file
        $stop = Measure-Stop "Import-Job '$file' -NewName other -PassThru | ForEach-Object { Start-Sleep 60 }"
        $stop.WasRunning | Should -BeTrue
        "$($stop.Warnings)" | Should -Be 'Stopped: at least 15 records were imported. The same command leaves alone what is there, and imports the rest.'
    }

    It 'refuses a file <why> with line and reason, and changes nothing' -ForEach @(
        @{ why = 'that was cut'; line = 15; reason = 'it was cut'; change = { $args[0][0..14] } }
        @{ why = 'with a broken line'; line = 5; reason = 'not JSON'; change = { $args[0][4] = $args[0][4].Substring(0, 40); $args[0] } }
        @{ why = 'with a line that is no record'; line = 4; reason = 'hash is missing'; change = { $args[0][3] = '{"queue":"emails","id":"1","state":"wait"}'; $args[0] } }
        @{ why = 'with a record too few'; line = 17; reason = 'says that there are 15 records'; change = { $args[0] | Where-Object { $_ -ne $args[0][6] } } }
        @{ why = 'that goes on behind its end'; line = 19; reason = 'more behind its end'; change = { $args[0] + $args[0][4] } }
        @{ why = 'of something else'; line = 1; reason = 'not JSON'; change = { 'a,b', '1,2' } }
        @{ why = 'with another header'; line = 1; reason = 'not the header'; change = { '{"command":"Invoke-JobRetry"}' } }
        @{ why = 'that is empty'; line = 0; reason = 'it is empty'; change = { } }
    ) {
        Export-Job -Queue emails -Path $file
        $lines = @(Get-Content $file)
        if ($why -eq 'with a record too few') { $lines = @($lines[0..5]) + @($lines[7..($lines.Count - 1)]) } else { $lines = @(& $change $lines) }
        Set-Content $file $lines
        [void](Invoke-Redis flushall)
        $problem = Get-ErrorOf { Import-Job $file }
        ($problem.FullyQualifiedErrorId -split ',')[0] | Should -Be 'InvalidExport'
        $problem.Exception.Message | Should -Match "line $line\b"
        $problem.Exception.Message | Should -Match $reason
        @(Invoke-Redis keys '*') | Should -BeNullOrEmpty
    }

    It 'takes what is whole of a cut file with -AllowPartial<_>' -ForEach '', '.gz' {
        Export-Job -Queue emails -Path "$file$_"
        $bytes = [IO.File]::ReadAllBytes("$file$_")
        [IO.File]::WriteAllBytes("$file$_", $bytes[0..[int]($bytes.Length * 0.7)])
        [void](Invoke-Redis flushall)
        Get-ErrorId { Import-Job "$file$_" } | Should -Be 'InvalidExport'
        $result = Import-Job "$file$_" -AllowPartial -PassThru
        $result.Added | Should -BeGreaterThan 3
        $result.Added | Should -BeLessThan 15
    }

    It 'imports many files from a pipeline, and says which is not there' {
        Export-Job -Queue emails -State failed -Path "$TestDrive/a.jsonl" -Force
        Export-Job -Queue emails -State completed -Path "$TestDrive/b.jsonl" -Force
        [void](Invoke-Redis flushall)
        (Get-ChildItem "$TestDrive/?.jsonl" | Import-Job -PassThru | Measure-Object Added -Sum).Sum | Should -Be 8
        Get-ErrorId { Import-Job "$TestDrive/none.jsonl" } | Should -Be 'FileNotRead'
    }

    It 'imports a file with brackets in its name' {
        $name = "$TestDrive/bk[1].jsonl"
        $written = Export-Job -Queue emails -State failed -Path $name -Force -PassThru
        $file = Get-ChildItem $TestDrive | Where-Object Name -EQ 'bk[1].jsonl'
        [void](Invoke-Redis flushall)
        ($file | Import-Job -PassThru).Added | Should -Be $written.Records
        foreach ($again in @(
                { [IO.FileInfo]$name | Import-Job -PassThru }, { [pscustomobject]@{ FullName = $name } | Import-Job -PassThru }, { $file | Select-Object Name, PSPath | Import-Job -PassThru },
                { $written | Import-Job -PassThru }, { $name | Import-Job -PassThru }, { Import-Job $name -PassThru }, { Import-Job -LiteralPath $name -PassThru },
                { Import-Job ([WildcardPattern]::Escape($name)) -PassThru }, { Import-Job "$TestDrive/bk?1?.jsonl" -PassThru })) {
            (& $again).Unchanged | Should -Be $written.Records -Because $again
        }
        Get-ErrorId { Import-Job "$TestDrive/none[1].jsonl" } | Should -Be 'FileNotRead'
        Get-ErrorId { Import-Job "$TestDrive/none*.jsonl" } | Should -Be 'FileNotRead'
        Get-ErrorId { Import-Job -LiteralPath "$TestDrive/bk*.jsonl" } | Should -Be 'FileNotRead'
        Get-ErrorId { [pscustomobject]@{ FullName = "$TestDrive/none[1].jsonl" } | Import-Job } | Should -Be 'FileNotRead'
    }
}
