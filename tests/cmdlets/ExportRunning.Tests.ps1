# Export-Job while workers run, and by clocks that differ: no job is missing, and what is in the file twice comes back once.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
}
AfterAll { Stop-Lab }

Describe 'Export-Job of a queue that is worked on' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name c)
        $file = "$TestDrive/$([guid]::NewGuid()).jsonl"
    }

    It 'has every job of it, and Import-Job takes each once, as it was last (<lib>)' -ForEach @{ lib = 'bullmq' }, @{ lib = 'bullmq5' } {
        # Each run fails and waits for the next attempt: jobs go round through active, delayed and waiting.
        [void](Invoke-Peer @{ do = 'addMany'; lib = $lib; queue = 'emails'; count = 1500; opts = @{ attempts = 1000000; backoff = 20 } })
        [void](Invoke-Peer @{ do = 'startWorker'; lib = $lib; queue = 'emails'; opts = @{ concurrency = 40 }; behave = @{ do = 'fail'; ms = 2 } })
        $doubles = 0
        foreach ($n in 1..3) {
            $export = Export-Job -Queue emails -Path $file -Force -PassThru -WarningVariable doubt -WarningAction SilentlyContinue
            $ids = Get-Content $file | Where-Object { $_.StartsWith('{"queue"') } | ForEach-Object { [regex]::Match($_, '"id":"(\d+)"').Groups[1].Value }
            if (-not $doubt) { @($ids | Sort-Object -Unique).Count | Should -Be 1500 }
            $import = Import-Job $file -NewName "copy$n" -PassThru
            $import.Added, $import.Refused | Should -Be @($ids | Sort-Object -Unique).Count, 0
            $import.Superseded | Should -Be ($export.Records - $import.Added)
            $doubles += $import.Superseded
        }
        $doubles | Should -BeGreaterThan 0
        [void](Invoke-Peer @{ do = 'stopWorker'; lib = $lib; queue = 'emails' })
    }

    It 'says that jobs may be missing where it can not be told' {
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 1; waiting = 2 })
        [void](Invoke-Redis acl setuser blind on '>pw' '~*' '+@all' '-xinfo')
        [void](Connect-JobServer "redis://blind:pw@127.0.0.1:$($lab.Port)" -Name b)
        Export-Job -Queue emails -Path $file -WarningVariable doubt -WarningAction SilentlyContinue -Connection b
        $doubt | Should -BeLike '*may be missing: this user may not read*'
        @(Get-Content $file | Select-String '"hash":').Count | Should -Be 3
        # What stays in one state can't be missed.
        Export-Job -Queue emails -State failed -Path $file -Force -WarningVariable doubt -Connection b
        $doubt | Should -BeNullOrEmpty
        [void](Invoke-Redis acl deluser blind)
    }

    It 'has what is newer than this machine''s clock says, and so do retries, removals and groups' {
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 4; completed = 1; waiting = 1; delayed = 1; prioritized = 1 })
        $later = [DateTimeOffset]::UtcNow.AddHours(1).ToUnixTimeMilliseconds()
        foreach ($id in 1..8) { [void](Invoke-Redis hset "bull:emails:$id" timestamp $later processedOn $later) }
        foreach ($id in 1..4) { [void](Invoke-Redis zadd bull:emails:failed ($later + $id) $id) }
        [void](Invoke-Redis zadd bull:emails:completed $later 5)
        (Export-Job -Queue emails -Path $file -PassThru).Records | Should -Be 8
        (Get-JobFailure emails).Count | Should -Be 4
        (Invoke-JobRetry -Queue emails -Name job -Max 1 -Confirm:$false -PassThru).Status | Should -Be Retried
        (Clear-JobQueue emails -State failed -Max 1 -Backup "$file.backup" -Confirm:$false -PassThru).Removed | Should -Be 1
        (Invoke-JobRetry -Queue emails -Max 1 -Confirm:$false -PassThru).Status | Should -Be Retried
        (Clear-JobQueue emails -State failed, completed -Confirm:$false -PassThru).Removed | Should -Be 2
    }

    It 'takes of a job that stands in a file several times the last one, also after a checkpoint' {
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 3 })
        [void](Export-Job -Queue emails -Path $file)
        $lines = Get-Content $file
        $records = @($lines | Where-Object { $_.StartsWith('{"queue"') })
        $later = $records -replace '"state":"failed"', '"state":"completed"'
        @($lines.Where({ -not $_.StartsWith('{"queue"') -and -not $_.StartsWith('{"end"') })) + $records + $later + '{"end":true,"records":6}' | Set-Content $file
        [void](Invoke-Redis flushall)
        $import = Import-Job $file -Checkpoint "$file.run" -PassThru
        $import.Added, $import.Superseded, $import.Refused | Should -Be 3, 3, 0
        (Invoke-Peer @{ do = 'counts'; queue = 'emails' }).completed | Should -Be 3
        $again = Import-Job $file -PassThru
        $again.Unchanged, $again.Superseded | Should -Be 3, 3
    }
}
