# The module as a whole: what it exports, how its commands are shaped, how fast it comes.
BeforeDiscovery {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    Import-Module (Get-Manifest) -Force -Global
    $commands = Get-Command -Module JobAdmin -CommandType Cmdlet | ForEach-Object { @{ Name = $_.Name } }
    $builtIns = 'Get-Job', 'Stop-Job', 'Remove-Job', 'Wait-Job', 'Receive-Job' | ForEach-Object { @{ Name = $_ } }
}
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $manifest = Get-Manifest
    Import-Module $manifest -Force -Global
    function Get-Own([string] $Name) { Get-Command "JobAdmin\$Name" -CommandType Cmdlet }
}

Describe 'Manifest' {
    It 'is valid' { (Test-ModuleManifest $manifest).Version | Should -BeGreaterThan ([version]'0.0') }

    It 'exports exactly the cmdlets of the assembly' {
        $declared = (Import-PowerShellDataFile $manifest).CmdletsToExport | Sort-Object
        $public = [JobAdmin.Commands.GetJobCommand].Assembly.GetExportedTypes() |
            ForEach-Object { $_.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $false) } |
            ForEach-Object { "$($_.VerbName)-$($_.NounName)" } | Sort-Object
        $declared | Should -Be $public
    }

    It 'exports nothing else' {
        Get-Command -Module JobAdmin | Where-Object CommandType -NE Cmdlet | Should -BeNullOrEmpty
    }
}

Describe '<Name>' -ForEach $commands {
    BeforeAll { $command = Get-Own $Name }

    It 'has an approved verb' { $command.Verb | Should -BeIn (Get-Verb).Verb }

    It 'says what it writes' { $command.OutputType | Should -Not -BeNullOrEmpty }

    It 'supports -WhatIf when it changes something' {
        $changes = $command.Verb -in 'Suspend', 'Resume', 'Clear', 'Remove', 'Stop', 'Invoke', 'Set', 'New', 'Repair', 'Copy', 'Import'
        $command.Parameters.ContainsKey('WhatIf') | Should -Be $changes
    }

    It 'has singular parameter names in Pascal case' {
        $own = $command.Parameters.Keys | Where-Object { $_ -notin [System.Management.Automation.PSCmdlet]::CommonParameters }
        $own | Should -MatchExactly '^[A-Z][A-Za-z]+$'
        $own | Where-Object { $_ -match '[^s]s$' -and $_ -notin 'AsOpenMetrics', 'Attempts', 'MaxEvents', 'ResetAttempts', 'WriteEvents', 'WriteJobInResults' } | Should -BeNullOrEmpty
    }

    It 'refuses $null for times, except to take a setting away' {
        $takesAway = 'Set-JobScheduler -Every', 'Set-JobScheduler -StartDate', 'Set-JobScheduler -EndDate'
        foreach ($parameter in $command.Parameters.Values) {
            if ($parameter.ParameterType -notin [Nullable[timespan]], [Nullable[datetimeoffset]], [timespan[]], [JobAdmin.JobKeep], [JobAdmin.JobBackoff]) { continue }
            $refuses = [bool]$parameter.Attributes.Where{ $_ -is [ValidateNotNull] }
            $refuses | Should -Be ("$Name -$($parameter.Name)" -notin $takesAway) -Because "-$($parameter.Name) with a variable that is not set would choose more than is meant"
        }
    }

    It 'refuses $null for -InputObject, which would mean all that no object narrows down' {
        if (-not $command.Parameters.ContainsKey('InputObject')) { return }
        $must = @{}
        foreach ($parameter in $command.Parameters.Values.Where{ $_.Attributes.Mandatory -contains $true }) { $must[$parameter.Name] = 'x' }
        foreach ($nothing in $null, [System.Management.Automation.Internal.AutomationNull]::Value) {
            { & $command -InputObject $nothing @must } | Should -Throw -ErrorId 'InputIsNull,*'
        }
    }

    It 'takes one thing from the pipeline' {
        foreach ($set in $command.ParameterSets) {
            @($set.Parameters | Where-Object ValueFromPipeline).Count | Should -BeLessOrEqual 1
        }
    }

    It 'completes every parameter whose values are known' {
        # What only the user knows, or what PowerShell itself completes.
        $free = @{
            Numbers = 'Attempts', 'BatchSize', 'Concurrency', 'Count', 'Depth', 'First', 'Last', 'Limit', 'Max', 'MaxChildren', 'MaxEvents', 'Newest', 'Next', 'Oldest',
            'Priority', 'Progress', 'RateLimitMax', 'Sample', 'Skip', 'Throttle', 'ThrottleLimit'
            Times = 'After', 'Before', 'StartDate', 'EndDate', 'NewerThan', 'StalledInterval'
            Thresholds = 'Backlog', 'WaitingAge', 'Overdue', 'Failed', 'FailureRate', 'Stalled', 'Lost', 'PausedFor', 'RateLimitedFor', 'SchedulerOverdue', 'MinimumWorker'
            Paths = 'Path', 'LiteralPath', 'Backup', 'AuditPath', 'CertificateAuthority', 'ClientCertificate', 'Checkpoint'
            Words = 'AuditReason', 'Data', 'Children', 'Option', 'Header', 'DeduplicationId', 'NewId', 'NewName', 'Prefix', 'SentinelMaster', 'Credential', 'Key'
            Objects = 'InputObject'
            BuiltIn = 'Command', 'ComputerName', 'Filter', 'InstanceId', 'Job', 'Location', 'Session'
        }
        $alsoFree = 'Connect-JobServer -Queue', 'Stop-Job -Reason', 'Receive-Job -Name', 'Wait-Job -Name'
        foreach ($parameter in $command.Parameters.Values) {
            if ($parameter.Name -in [Management.Automation.PSCmdlet]::CommonParameters + $free.Values.ForEach{ $_ } -or "$($command.Name) -$($parameter.Name)" -in $alsoFree) { continue }
            $type = [Nullable]::GetUnderlyingType($parameter.ParameterType) ?? $parameter.ParameterType
            if ($type.IsArray) { $type = $type.GetElementType() }
            $isKnown = $type.IsEnum -or $type -in [switch], [bool] -or $parameter.Attributes.Where{ $_ -is [ArgumentCompleter] -or $_ -is [ValidateSet] }
            $isKnown | Should -BeTrue -Because "-$($parameter.Name) needs a completer, or a place on the list of those without"
        }
    }
}

Describe 'The built-in <Name>' -ForEach $builtIns {
    It 'has no parameter that ours lacks, or that binds another type' {
        $ours = (Get-Own $Name).Parameters
        foreach ($theirs in (Get-Command "Microsoft.PowerShell.Core\$Name").Parameters.Values) {
            $ours.Keys | Should -Contain $theirs.Name
            foreach ($alias in $theirs.Aliases) { $ours[$theirs.Name].Aliases | Should -Contain $alias }
            $ours[$theirs.Name].SwitchParameter | Should -Be $theirs.SwitchParameter -Because "-$($theirs.Name) stays as it is"
        }
    }
}

Describe 'Import' {
    It 'takes less than 150 ms above a bare pwsh' {
        # Processor time, which other work on the machine does not change.
        function Measure-Start([string] $Command) {
            $times = foreach ($i in 1..7) {
                $process = Start-Process pwsh '-NoProfile', '-NonInteractive', '-Command', $Command -PassThru
                $process.WaitForExit()
                $process.TotalProcessorTime.TotalMilliseconds
            }
            ($times | Measure-Object -Minimum).Minimum
        }
        (Measure-Start "Import-Module '$manifest'") - (Measure-Start '$null') | Should -BeLessThan 150
    }

    It 'loads nothing of the client' {
        $loaded = pwsh -NoProfile -NonInteractive -Command "Import-Module '$manifest'; [AppDomain]::CurrentDomain.GetAssemblies().GetName().Name"
        $loaded | Should -Contain 'JobAdmin'
        $loaded | Should -Not -Contain 'JobAdmin.Client'
        $loaded | Should -Not -Contain 'StackExchange.Redis'
    }

    It 'keeps the client in a load context of its own' {
        $context = pwsh -NoProfile -NonInteractive -Command "Import-Module '$manifest'; try { Connect-JobServer 127.0.0.1:1 } catch { }
            [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { `$_.GetName().Name -eq 'JobAdmin.Client' } | ForEach-Object { [Runtime.Loader.AssemblyLoadContext]::GetLoadContext(`$_).Name }"
        $context | Should -Be 'JobAdmin.Client'
    }
}
