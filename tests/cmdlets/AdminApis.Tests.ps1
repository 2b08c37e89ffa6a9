# What only some of the HTTP admin APIs have, and the one-liners of their page in the help, each on a fake of its server.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    Import-Module $PSScriptRoot/_Servers.psm1 -Force
    $page = Get-Content -Raw "$PSScriptRoot/../../help/en-US/about_JobAdmin_Servers.md"

    # The lines of the page's block after a heading sentence, as a user would paste them.
    function Get-OneLiner([string] $Sentence) {
        $found = [regex]::Match($page, [regex]::Escape($Sentence) + '[^`]*```powershell\n(.*?)```', 'Singleline')
        if (-not $found.Success) { throw "the page has no '$Sentence'" }
        $found.Groups[1].Value
    }
    # Runs it with its variables, its results all in one; changes are not asked about.
    function Invoke-OneLiner([string] $Sentence, [hashtable] $With = @{}) {
        $ConfirmPreference = 'None'
        foreach ($name in $With.Keys) { Set-Variable $name $With[$name] }
        . ([scriptblock]::Create((Get-OneLiner $Sentence)))
    }
}
AfterAll { Stop-TestServer }

Describe 'BioAgents' {
    BeforeAll { $server = Start-TestServer BioAgents }
    AfterAll { Stop-TestServer }
    BeforeEach { Reset-TestServer }

    It 'tells how many jobs are active, and which' {
        $active = Add-TestJob @{ active = 3 } active
        $said = @(Invoke-OneLiner 'How many jobs are active, and which?')
        $said[0] | Should -Be 3
        $said[1..3] | Sort-Object | Should -Be ($active | Sort-Object)
    }

    It 'retries all that failed' {
        [void](Add-TestJob @{ failed = 60; completed = 2 })
        Invoke-OneLiner 'Retry all that failed:'
        Get-TestCount failed | Should -Be 0
        Get-TestCount waiting | Should -Be 60
    }

    It 'says that a retry may have been made, and what to do about a key that is not taken any more' {
        $failed = Add-TestJob @{ failed = 5 } failed
        Add-Fault @{ match = '/retry'; kind = 'other json'; times = 1 }
        Add-Fault @{ match = '/retry'; kind = 'unauthorized'; times = 1 }
        Connect-TestServer @{ ThrottleLimit = 1 }
        $outcomes = Invoke-JobRetry $failed -Queue deep-research -PassThru -ErrorAction SilentlyContinue -ErrorVariable problem
        $outcomes.Status | Should -Be Unknown, NotChanged, NotChanged, NotChanged, NotChanged
        "$($problem[0])" | Should -BeLike 'Job * may not have been retried: *JSON of another shape*'
        "$($problem[1])" | Should -BeLike 'Job * was not retried: *refuses the key*'
        "$($problem[4])" | Should -BeLike 'Job * was not retried: Not sent: *refuses the key*'
        $problem[1..4].ErrorDetails.RecommendedAction | Should -BeLike '*-Key*'
    }

    It 'finds the queue that is not healthy' {
        Invoke-OneLiner 'Is the queue healthy?' | Should -BeNullOrEmpty
        [void](Add-TestJob @{ failed = 11 })
        (Invoke-OneLiner 'Is the queue healthy?').Name | Should -Be deep-research
    }

    It 'retries what was not tried three times' {
        [void](Add-TestJob @{ failed = 6 })
        Invoke-OneLiner 'Retry what failed, unless it has been tried three times:'
        Get-TestCount failed | Should -Be 2
        (Get-Job -Queue deep-research -State failed).AttemptsMade | Should -Be 3, 3
    }

    It 'waits for a job' {
        $id = @(Add-TestJob @{ active = 1 } active)[0]
        $mover = Start-ThreadJob -ArgumentList (Get-Item function:Invoke-Fake), $server, $id {
            param($invoke, $fake, $job)
            Start-Sleep -Milliseconds 1500
            . ([scriptblock]::Create($invoke.Definition)) $fake @{ do = 'move'; queue = 'deep-research'; id = $job; state = 'completed' }
        }
        $done = Invoke-OneLiner 'Wait for a job, for five minutes at the most:' @{ id = $id }
        $done.Id, $done.State | Should -Be $id, 'Completed'
        $mover | Microsoft.PowerShell.Core\Wait-Job | Microsoft.PowerShell.Core\Remove-Job
    }

    It 'measures what it can' {
        [void](Add-TestJob @{ completed = 3; failed = 1; waiting = 2 })
        $measure = Measure-JobQueue deep-research
        $measure.Waiting | Should -Be 2
        $measure.Completed, $measure.Failed | Should -Be 3, 1
        # Jobs with a priority are not listed, so how many were added is not known.
        $measure.Added | Should -BeNullOrEmpty
    }

    It 'waits for a job while the server is started anew' {
        $id = @(Add-TestJob @{ active = 1 } active)[0]
        $mover = Start-ThreadJob -ArgumentList (Get-Item function:Invoke-Fake), $server, $id {
            param($invoke, $fake, $job)
            $ask = [scriptblock]::Create($invoke.Definition)
            Start-Sleep -Milliseconds 1500
            . $ask $fake @{ do = 'fault'; match = '/jobs/'; kind = 'bad gateway'; times = 7 }
            . $ask $fake @{ do = 'move'; queue = 'deep-research'; id = $job; state = 'completed' }
        }
        (Wait-Job $id -Queue deep-research -Timeout 30s).State | Should -Be Completed
        Microsoft.PowerShell.Core\Receive-Job $mover -Wait -AutoRemoveJob
    }

    It 'takes the key from the environment of the server' -ForEach 'ADMIN_API_KEY', 'ADMIN_PASSWORD' {
        Get-JobServer | Disconnect-JobServer
        Set-Item "env:$_" $server.Key
        try { (Connect-JobServer $server.Uri -Api BioAgents -WarningAction Ignore).Kind | Should -Be BioAgents; Get-JobQueue | Should -Not -BeNullOrEmpty }
        finally { Remove-Item "env:$_" }
    }
}

Describe 'Conveyor' {
    BeforeAll { $server = Start-TestServer Conveyor }
    AfterAll { Stop-TestServer }
    BeforeEach {
        Reset-TestServer
        $ids = Add-TestJob @{ failed = 3; waiting = 2; delayed = 2; names = @('send', 'resize') }
    }

    It 'draws a flow' {
        [void](Invoke-Server @{ do = 'parent'; id = $ids[0]; children = @($ids[1], $ids[2]) })
        $flow = Get-JobFlow $ids[0] -Queue emails
        $flow.Id | Should -Be $ids[0], $ids[1], $ids[2]
        $flow.Depth | Should -Be 0, 1, 1
    }

    It 'previews no job that it would refuse' {
        foreach ($refused in @{ DeduplicationId = 'd' }, @{ KeepCompleted = '100' }, @{ Children = @{ Name = 'child' } }) {
            Get-ErrorId { New-Job send @{ to = 'a' } -Queue emails -WhatIf @refused } | Should -Be NotSupported
        }
        Get-ErrorId { New-Job send -Queue emails -Id .. -WhatIf } | Should -Be InvalidName
        Get-ErrorId { New-Job send -Queue emails -KeepCompleted 7d -WhatIf } | Should -BeNullOrEmpty
    }

    It 'counts the groups' {
        [void](Add-TestJob @{ waiting = 3; active = 1; group = 'acme' })
        $group = Get-JobGroup emails
        $group.GroupId, $group.Waiting, $group.Active | Should -Be acme, 3, 1
    }

    It 'holds one name' {
        Invoke-OneLiner 'Hold one name on a Conveyor' 4>$null 6>$null
        (Get-JobQueue emails).PausedNames | Should -BeNullOrEmpty
        Suspend-JobQueue emails -JobName send -Confirm:$false
        (Get-JobQueue emails).PausedNames | Should -Be send
    }

    It 'shows metrics by name and as lines' {
        $said = Invoke-OneLiner 'Which queues of a Conveyor are busy'
        $said[0].Queue | Should -Be emails
        ($said | Where-Object Name -EQ send).Failed | Should -Be 2
        [void](Invoke-Server @{ do = 'set'; metrics = $false })
        (Get-JobMetric emails).HasMetrics | Should -BeFalse
        [void](Invoke-Server @{ do = 'set'; metrics = $true })
    }

    It 'retries and promotes all in one request' {
        [void](Get-Request)
        Invoke-JobRetry -Queue emails -Confirm:$false
        Invoke-JobPromotion -Queue emails -Confirm:$false
        Get-ChangeRequest | Should -Be 'POST /api/queues/emails/retry', 'POST /api/queues/emails/promote'
        Get-TestCount waiting | Should -Be 7
    }

    It 'removes a queue' {
        Remove-JobQueue emails -Force -Confirm:$false
        Get-Request | Where-Object { $_ -like 'DELETE *' } | Should -BeLike 'DELETE /api/queues/emails*'
    }

    It 'knows a dashboard that only shows' {
        [void](Invoke-Server @{ do = 'set'; readOnly = $true })
        Connect-TestServer
        (Get-JobServer it).ReadOnly | Should -BeTrue
        [void](Get-Request)
        Get-ErrorId { Invoke-JobRetry $ids[0] -Queue emails -Confirm:$false } | Should -Be ReadOnlyConnection
        Get-ChangeRequest | Should -BeNullOrEmpty
        [void](Invoke-Server @{ do = 'set'; readOnly = $false })
    }

    It 'lists workers where they are served' {
        [void](Invoke-Server @{ do = 'set'; workers = $true })
        Connect-TestServer
        (Get-JobWorker).Host | Should -Be box
        [void](Invoke-Server @{ do = 'set'; workers = $false })
    }
}

Describe 'Openinary' {
    BeforeAll { $server = Start-TestServer Openinary; Reset-TestServer }
    AfterAll { Stop-TestServer }

    It 'shows its worker' {
        [void](Add-TestJob @{ active = 1 })
        Get-JobWorker | Should -HaveCount 1
    }

    It 'retries thrice and then says why not' {
        $id = @(Add-TestJob @{ failed = 1 } failed)[0]
        1..3 | ForEach-Object { Invoke-JobRetry $id -Queue jobs -Confirm:$false; Move-TestJob $id failed }
        $refused = Invoke-JobRetry $id -Queue jobs -PassThru -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable problem
        $refused.Status | Should -Be Refused
        $problem[0].Exception.Message | Should -Match 'used all its retries'
    }
}

Describe 'Fifth Element' {
    BeforeAll { $server = Start-TestServer FifthElement; Reset-TestServer }
    AfterAll { Stop-TestServer }

    It 'reruns a job as a new one, which knows the first' {
        $id = @(Add-TestJob @{ failed = 1 } failed)[0]
        $again = Invoke-JobRetry $id -Queue jobs -PassThru -Confirm:$false
        $again.NewId | Should -Not -Be $id
        (Get-Job $again.NewId -Queue jobs).OriginalId | Should -Be $id
    }

    It 'reruns, waits and takes the result in one line' {
        $id = @(Add-TestJob @{ completed = 1 } completed)[0]
        $mover = Start-ThreadJob -ArgumentList (Get-Item function:Invoke-Fake), $server, "$id-again*" {
            param($invoke, $fake, $like)
            $send = [scriptblock]::Create($invoke.Definition)
            for ($i = 0; $i -lt 100; $i++) {
                Start-Sleep -Milliseconds 200
                # Its number is how many jobs there were.
                foreach ($n in 1..5) {
                    $name = $like.Replace('*', $n)
                    if (& $send $fake @{ do = 'job'; id = $name } 2>$null) { [void](& $send $fake @{ do = 'move'; id = $name; state = 'completed'; result = @{ pages = 7 } }); return }
                }
            }
        }
        (Invoke-OneLiner 'Rerun a job on Fifth Element' @{ id = $id }).pages | Should -Be 7
        $mover | Microsoft.PowerShell.Core\Wait-Job | Microsoft.PowerShell.Core\Remove-Job
    }
}

Describe 'MCRIT' {
    BeforeAll { $server = Start-TestServer Mcrit }
    AfterAll { Stop-TestServer }
    BeforeEach { Reset-TestServer }

    It 'gives results short, and the job of a result' {
        $id = @(Add-TestJob @{ active = 1; names = @('getMatchesForSample') } active)[0]
        Move-TestJob $id completed @{ result = @{ matches = @{ samples = @(1); functions = @(2, 3) } } }
        $resultId = $id.Replace('0', 'a')
        $short, $job = Invoke-OneLiner "What did MCRIT's matching find" @{ resultId = $resultId }
        $short.matches.samples | Should -Be 1
        $short.matches.psobject.Properties.Name | Should -Not -Contain functions
        $job.Id | Should -Be $id
        (Receive-Job $id -Queue jobs).matches.functions | Should -Be 2, 3
    }

    It 'counts by method' {
        [void](Add-TestJob @{ failed = 2; completed = 4; names = @('match', 'index') })
        $methods = Get-JobQueue jobs -ByName
        ($methods | Sort-Object Name).Name | Should -Be index, match
        ($methods | Measure-Object Completed -Sum).Sum | Should -Be 4
    }

    It 'deletes by method and age, after a look' {
        [void](Add-TestJob @{ completed = 4; names = @('getMatchesForSample', 'index') })
        Invoke-OneLiner "Delete MCRIT's matching jobs of last month" 6>$null
        Get-TestCount completed | Should -Be 4
        Clear-JobQueue jobs -Name getMatches* -OlderThan 1s -Confirm:$false
        Get-TestCount completed | Should -Be 2
    }

    It 'never deletes without a filter' {
        [void](Add-TestJob @{ completed = 2 })
        [void](Get-Request)
        Get-ErrorId { Clear-JobQueue jobs -Confirm:$false } | Should -Not -BeNullOrEmpty
        Get-ChangeRequest | Should -BeNullOrEmpty
    }
}
