# What the table of about_JobAdmin_Servers says: where there is a dash, the command ends in NotSupported and nothing was sent.
BeforeDiscovery {
    $page = Get-Content "$PSScriptRoot/../../help/en-US/about_JobAdmin_Servers.md"
    $head = ($page | Where-Object { $_ -like '| Command | Redis *' }) -split '\|' | ForEach-Object Trim | Where-Object { $_ }
    $kinds = @{ Redis = 'Redis'; Bio = 'BioAgents'; Conv = 'Conveyor'; Open = 'Openinary'; Fifth = 'FifthElement'; Mcrit = 'Mcrit' }
    # How each row is asked for; ids and queues are those of each server.
    $calls = @{
        'Get-JobQueue' = { Get-JobQueue }
        'Get-JobQueue -ByName' = { Get-JobQueue $queue -ByName }
        'Get-Job -State' = { Get-Job -Queue $queue -State failed }
        'Get-Job -ResultId' = { Get-Job -ResultId $id }
        'Get-JobFailure' = { Get-JobFailure $queue }
        'Invoke-JobRetry' = { Invoke-JobRetry $id -Queue $queue -Confirm:$false }
        'Invoke-JobPromotion' = { Invoke-JobPromotion $id -Queue $queue -Confirm:$false }
        'Stop-Job' = { Stop-Job $id -Queue $queue -Confirm:$false }
        'Remove-Job' = { Remove-Job $id -Queue $queue -Confirm:$false }
        'New-Job' = { New-Job send -Queue $queue -Confirm:$false }
        'Set-Job' = { Set-Job $id -Queue $queue -Priority 3 -Confirm:$false }
        'Receive-Job' = { Receive-Job $id -Queue $queue }
        'Receive-Job -Compact' = { Receive-Job $id -Queue $queue -Compact }
        'Watch-JobQueue' = { Watch-JobQueue $queue -Once }
        'Suspend-JobQueue' = { Suspend-JobQueue $queue -Confirm:$false }
        'Suspend-JobQueue -JobName' = { Suspend-JobQueue $queue -JobName send -Confirm:$false }
        'Resume-JobQueue' = { Resume-JobQueue $queue -Confirm:$false }
        'Copy-Job (to it)' = { Copy-Job $id -Queue $queue -Again -Confirm:$false }
        'Clear-JobQueue, no -State' = { Clear-JobQueue $queue -OlderThan 30d -Confirm:$false }
        'Clear-JobQueue' = { Clear-JobQueue $queue -State completed -Confirm:$false }
        'Remove-JobQueue' = { Remove-JobQueue $queue -Confirm:$false }
        'Get-JobLog' = { Get-JobLog $id -Queue $queue }
        'Get-JobFlow' = { Get-JobFlow $id -Queue $queue }
        'Get-JobGroup' = { Get-JobGroup $queue }
        'Get-JobMetric' = { Get-JobMetric $queue }
        'Get-JobWorker' = { Get-JobWorker $queue }
        'Get-JobScheduler' = { Get-JobScheduler $queue }
        'Set-JobQueue' = { Set-JobQueue $queue -Concurrency 3 -Confirm:$false }
        'Export-Job' = { Export-Job -Queue $queue -Path (Join-Path $TestDrive no.jsonl) }
    }
    $dashes = foreach ($line in $page | Where-Object { $_ -cmatch '^\| [A-Z][a-z]+-Job' }) {
        $cells = $line.Trim('|') -split '\|' | ForEach-Object Trim
        for ($i = 1; $i -lt $cells.Count; $i++) {
            if ($cells[$i] -eq '-' -and $head[$i] -ne 'Redis') { @{ Kind = $kinds[$head[$i]]; Row = $cells[0]; Call = $calls[$cells[0]] } }
        }
    }
    $servers = $dashes | Group-Object { $_.Kind } | ForEach-Object { @{ Kind = $_.Name; Rows = $_.Group } }
}
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    Import-Module $PSScriptRoot/_Servers.psm1 -Force
}

Describe 'what <Kind> can not do' -ForEach $servers {
    BeforeAll {
        $server = Start-TestServer $Kind
        Reset-TestServer
        $queue = $server.Queue
        $id = @(Add-TestJob @{ failed = 2 } failed)[0]
    }
    AfterAll { Stop-TestServer }
    BeforeEach { [void](Get-Request) }

    It '<Row>' -ForEach $Rows {
        $Call | Should -Not -BeNullOrEmpty -Because 'every row of the table is tried'
        $problem = @(try { & $Call 2>&1 | Where-Object { $_ -is [Management.Automation.ErrorRecord] } } catch { $_ })
        $problem.Count | Should -Be 1
        $problem = $problem[0]
        # Conveyor and Openinary clear, but a state must be named.
        if ($Row -like '*no -State' -and $Kind -in 'Conveyor', 'Openinary') { $problem.FullyQualifiedErrorId | Should -BeLike 'StateMissing,*' }
        else {
            $problem.FullyQualifiedErrorId | Should -BeLike 'NotSupported,*'
            $problem.Exception.Message | Should -Match "^$Kind server 'it' can't "
            $problem.CategoryInfo.Category | Should -Be NotImplemented
        }
        Get-Request | Should -BeNullOrEmpty
    }
}

Describe 'what <Kind> refuses' -ForEach @(
    @{ Kind = 'BioAgents'; Refused = @(@{ Why = 'NotSupported'; Call = { Invoke-JobRetry $id -Queue $queue -ResetAttempts @ask } }) }
    @{ Kind = 'Conveyor'; Refused = @(
            @{ Why = 'InvalidState'; Call = { Remove-JobQueue $queue @ask } }
            @{ Why = 'QueueNotFound'; Call = { Remove-JobQueue nix -Force @ask } }
            @{ Why = 'NotSupported'; Call = { Remove-JobQueue $queue -Force -Backup $file @ask } }
            @{ Why = 'InvalidState'; Call = { Clear-JobQueue $queue -State active @ask } }
            @{ Why = 'NotSupported'; Call = { Clear-JobQueue $queue -State failed -Backup $file @ask } }
            @{ Why = 'NotSupported'; Call = { Remove-Job $id -Queue $queue -Backup $file @ask } }
            @{ Why = 'NotSupported'; Call = { Remove-Job -Queue $queue -State failed -Backup $file @ask } }
            @{ Why = 'NotSupported'; Call = { Get-Job $id -Queue $queue | Set-Job -Delay 5m @ask } }
        )
    }
    @{ Kind = 'Openinary'; Refused = @(
            @{ Why = 'InvalidState'; Call = { Clear-JobQueue $queue -State active, failed @ask } }
            @{ Why = 'NotSupported'; Call = { Invoke-JobRetry -Queue $queue -ResetAttempts @ask } }
        )
    }
    @{ Kind = 'FifthElement'; Refused = @(@{ Why = 'NotSupported'; Call = { Invoke-JobRetry $id -Queue $queue -ResetAttempts @ask } }) }
    @{ Kind = 'Mcrit'; Refused = @(
            @{ Why = 'InvalidState'; Call = { Clear-JobQueue $queue -State active @ask } }
            @{ Why = 'InvalidState'; Call = { Clear-JobQueue $queue -Name send -Max 3 @ask } }
            @{ Why = 'NotSupported'; Call = { Clear-JobQueue $queue -State failed -Backup $file @ask } }
        )
    }
) {
    BeforeAll {
        $server = Start-TestServer $Kind
        Reset-TestServer
        $queue = $server.Queue
        $file = Join-Path $TestDrive no.jsonl
        $id = @(Add-TestJob @{ failed = 2; active = 1 } failed)[0]
    }
    AfterAll { Stop-TestServer }

    It 'it refuses with -WhatIf too: <Call>' -ForEach $Refused {
        [void](Get-Request)
        foreach ($ask in @{ WhatIf = $true }, @{ Confirm = $false }) {
            $problem = @(try { & $Call 2>&1 } catch { $_ })
            $problem.Count | Should -Be 1
            $problem[0].FullyQualifiedErrorId | Should -BeLike "$Why,*"
        }
        Get-ChangeRequest | Should -BeNullOrEmpty
        $file | Should -Not -Exist
    }
}

Describe 'our server, by Conveyor''s API' {
    BeforeAll {
        $server = Start-TestServer Conveyor $true
        Reset-TestServer
    }
    AfterAll { Stop-TestServer }

    It 'sets back the attempts of all jobs that are retried with -ResetAttempts' {
        [void](Add-TestJob @{ failed = 3 } failed)
        Invoke-JobRetry -Queue emails -ResetAttempts
        (Get-Job -Queue emails -State waiting).AttemptsMade | Should -Be 0, 0, 0
    }
}
