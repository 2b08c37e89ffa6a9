# The five names that PowerShell's own background jobs have too: who handles what, rule by rule.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 5; waiting = 3 })
    $background = Start-Job -Name emails { 42 }
    [void](Microsoft.PowerShell.Core\Wait-Job $background)
    # Which of the two ran, by what -Verbose says.
    function Get-Chosen([scriptblock] $Script) { (& $Script 4>&1 | Where-Object { "$_" -match ' used: ' } | Select-Object -First 1) -replace ' used: .*' }
}
AfterAll {
    Microsoft.PowerShell.Core\Remove-Job -Job $background -Force
    Stop-Lab
}

Describe 'Without a connection' {
    It 'shows background jobs' {
        Get-Job | Should -Be $background
        Get-Job $background.Id | Should -Be $background
        Get-Job emails | Should -Be $background
        Get-Job -Name em* | Should -Be $background
        Get-Job -State Completed | Should -Be $background
        Get-Job -InstanceId $background.InstanceId | Should -Be $background
        Get-Job -Newest 1 | Should -Be $background
        Get-Job -HasMoreData $true | Should -Be $background
        Get-Job -Before ([datetime]::Now.AddDays(1)) | Should -Be $background
        Get-Job -After ([datetime]::Now.AddDays(1)) | Should -BeNullOrEmpty
        Get-Job -IncludeChildJob | Should -Contain $background.ChildJobs[0]
    }

    It 'says that there is no connection when a queue job is meant' {
        Get-ErrorId { Get-Job -Queue emails } | Should -Be 'NotConnected'
        Get-ErrorId { JobAdmin\Get-Job } | Should -Be 'NotConnected'
    }

    It 'has the errors of the built-in' {
        Get-ErrorId { Get-Job 9999 } | Should -Be 'JobWithSpecifiedSessionNotFound'
        Get-ErrorId { Get-Job nothing } | Should -Be 'JobWithSpecifiedNameNotFound'
        Get-ErrorId { Get-Job -Id abc } | Should -BeLike 'CannotConvertArgument*'
    }
}

Describe 'With a connection' {
    BeforeAll { [void](Connect-JobServer $lab.Uri -Name c) }

    Context 'Rule 1: a full name is ours' {
        It 'takes JobAdmin\Get-Job for queue jobs, and Microsoft.PowerShell.Core\Get-Job for background jobs' {
            (JobAdmin\Get-Job -State failed).Count | Should -Be 5
            Microsoft.PowerShell.Core\Get-Job | Should -Be $background
        }

        It 'takes a prefixed name for queue jobs' {
            $count = pwsh -NoProfile -NonInteractive -Command "Import-Module '$(Get-Manifest)' -Prefix Q; `$c = Connect-QJobServer $($lab.Uri); (Get-QJob -State failed).Count; (Get-Job).Count; (Get-QJob 1 -Queue emails | Remove-QJob -WhatIf) *>&1"
            $count[0] | Should -Be 5
            $count[1] | Should -Be 0
        }
    }

    Context 'Rule 2: what only the built-in knows is its own' {
        It 'hands on <Command>' -ForEach @(
            @{ Command = 'Get-Job -Filter @{ Name = "emails" } -Verbose' }
            @{ Command = 'Get-Job -IncludeChildJob -Verbose' }
            @{ Command = 'Get-Job -State Running -Verbose' }
            @{ Command = 'Wait-Job -Job $background -Verbose' }
            @{ Command = 'Wait-Job $background -Timeout 5 -Verbose' }
            @{ Command = 'Wait-Job -State Completed -Verbose' }
            @{ Command = 'Receive-Job $background -Keep -Verbose' }
            @{ Command = 'Receive-Job @($background) -Keep -Verbose' }
            @{ Command = 'Stop-Job -InstanceId $background.InstanceId -Verbose' }
            @{ Command = 'Remove-Job $background -WhatIf -Verbose' }
            @{ Command = '$background | Stop-Job -Verbose' }
            @{ Command = '$background | Remove-Job -Force -WhatIf -Verbose' }
            @{ Command = '$background | Get-Job -Verbose' }
        ) {
            Get-Chosen ([scriptblock]::Create($Command)) | Should -BeLike 'built-in *'
        }

        It 'works as ever on a background job, in all ways' {
            $background | Wait-Job | Should -Be $background
            Wait-Job $background -Timeout 3 | Should -Be $background
            Receive-Job $background -Keep | Should -Be 42
            $background | Receive-Job -Keep | Should -Be 42
            Receive-Job -Name emails -Keep | Should -Be 42
            Receive-Job -Id $background.Id -Keep | Should -Be 42
            $other = Start-Job { Start-Sleep 60 }
            Stop-Job $other -PassThru | Should -Be $other
            $other.State | Should -Be 'Stopped'
            $other | Remove-Job
            Microsoft.PowerShell.Core\Get-Job | Should -Be $background
        }
    }

    Context 'Rule 3: -Queue, -Connection and our objects are ours' {
        It 'takes <Command> for queue jobs' -ForEach @(
            @{ Command = 'Get-Job -Queue emails -Verbose' }
            @{ Command = 'Get-Job -Connection c -Verbose' }
            @{ Command = 'Stop-Job -Queue emails -State waiting -WhatIf -Verbose' }
            @{ Command = 'Remove-Job 1 -Queue emails -WhatIf -Verbose' }
            @{ Command = 'Wait-Job -Queue emails 1 -Verbose' }
            @{ Command = 'Receive-Job 1 -Queue emails -ErrorAction Ignore -Verbose' }
        ) {
            Get-Chosen ([scriptblock]::Create($Command)) | Should -BeLike "JobAdmin's *"
        }

        It 'never gives an object of ours to the built-in' {
            Get-Job -Queue emails -State failed -First 1 | Remove-Job -Confirm:$false
            [pscustomobject]@{ Queue = 'emails'; Id = '2'; Name = 'emails' } | Remove-Job -Confirm:$false
            Microsoft.PowerShell.Core\Get-Job -Name emails | Should -Be $background
            (Invoke-Peer @{ do = 'counts'; queue = 'emails' }).failed | Should -Be 3
        }

        It 'refuses an object of ours with parameters of the built-in' {
            $job = Get-Job -Queue emails -First 1
            Get-ErrorId { $job | Remove-Job -Command x } | Should -Be 'ParameterConflict'
            Get-ErrorId { Remove-Job -Queue emails -Filter @{ Name = 'x' } } | Should -Be 'ParameterConflict'
        }

        It 'sorts a mixed pipeline' {
            $job = Get-Job -Queue emails -State failed -First 1
            $other = Start-Job -Name second { 1 }
            [void](Wait-Job $other)
            $job, $other | Remove-Job -Confirm:$false
            Microsoft.PowerShell.Core\Get-Job | Should -Be $background
            Get-ErrorId { Get-Job $job.Id -Queue emails } | Should -Be 'JobNotFound'
        }
    }

    Context 'Rule 4: another module gets the built-in' {
        It 'leaves a prompt theme its background jobs' {
            $module = New-Module -Name SomeTheme { function Get-ThemeJob { Get-Job } }
            & (Get-Command Get-ThemeJob -Module $module) | Should -Be $background
            Remove-Module $module
        }
    }

    Context 'Rule 5: Get-Job alone is ours, the others are not' {
        It 'shows queue jobs' { Get-Job -State failed | ForEach-Object { $_ | Should -BeOfType JobAdmin.QueueJob } }

        It 'takes an object with the InstanceId of a background job for that' {
            [pscustomobject]@{ InstanceId = $background.InstanceId } | Get-Job | Should -Be $background
        }

        It 'leaves ids, names and states of the other four to the built-in' {
            Get-Chosen { Stop-Job emails -WhatIf -Verbose } | Should -BeLike 'built-in *'
            Get-Chosen { Remove-Job -Name emails -WhatIf -Verbose } | Should -BeLike 'built-in *'
            Get-Chosen { Wait-Job $background.Id -Verbose } | Should -BeLike 'built-in *'
            Get-Chosen { Receive-Job emails -Keep -Verbose } | Should -BeLike 'built-in *'
        }
    }

    Context 'What survives the way to the built-in' {
        It 'keeps -WhatIf' {
            Remove-Job -Name emails -WhatIf
            Microsoft.PowerShell.Core\Get-Job -Name emails | Should -Be $background
        }

        It 'keeps -ErrorAction and -ErrorVariable' {
            Stop-Job 9999 -ErrorAction SilentlyContinue -ErrorVariable problem
            $problem.Count | Should -Be 1
            { Stop-Job 9999 -ErrorAction Stop } | Should -Throw
        }

        It 'keeps -OutVariable' {
            [void](Wait-Job $background -OutVariable seen)
            $seen.Count | Should -Be 1
        }
    }
}

Describe 'Another runspace' {
    It 'has no connection, and takes one with $using' {
        $c = Connect-JobServer $lab.Uri
        $manifest = Get-Manifest
        1 | ForEach-Object -Parallel { Import-Module $using:manifest; @(Get-Job).Count; (JobAdmin\Get-Job -Queue emails -State failed -Connection $using:c).Count } | Should -Be 0, 2
    }
}

Describe 'A session of constrained language' {
    It 'has its background jobs, and queue jobs' {
        $path = "$TestDrive/constrained.ps1"
        @"
            Import-Module '$(Get-Manifest)'
            `$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'
            Start-ThreadJob -Name one { 42 } | Wait-Job | Receive-Job -Keep
            Receive-Job -Name one
            Remove-Job -Name one
            @(Get-Job).Count
            Connect-JobServer $($lab.Uri) | Out-Null
            @(Get-Job -Queue emails -State failed).Count
            Start-ThreadJob { 43 } | Receive-Job -Wait -AutoRemoveJob
            "`$(`$ExecutionContext.SessionState.LanguageMode)"
"@ | Set-Content $path
        pwsh -NoProfile -NonInteractive -File $path 2>&1 | Should -Be 42, 42, 0, 2, 43, 'ConstrainedLanguage'
    }
}

Describe 'Remove-Module' {
    It 'gives the built-in back and closes the connections' {
        $out = pwsh -NoProfile -NonInteractive -Command "Import-Module '$(Get-Manifest)'; `$c = Connect-JobServer $($lab.Uri); Remove-Module JobAdmin; (Get-Command Get-Job).Source; `$c.IsClosed"
        $out | Should -Be 'Microsoft.PowerShell.Core', 'True'
    }
}
