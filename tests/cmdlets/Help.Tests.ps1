# Help: it is there, it is true, and its examples run against a real BullMQ application.
BeforeDiscovery {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $manifest = Get-Item (Get-Manifest)
    Import-Module $manifest -Force
    $commands = (Get-Command -Module JobAdmin -CommandType Cmdlet).Name
    $pages = Get-ChildItem "$PSScriptRoot/../../help/en-US/*.md"
    $topics = $pages.BaseName -like 'about_*'

    # Every block of PowerShell, with the heading above it.
    $blocks = foreach ($page in @($pages) + (Get-Item "$PSScriptRoot/../../README.md")) {
        $heading = ''
        foreach ($match in [regex]::Matches((Get-Content -Raw $page), '(?ms)^(?:#+ |\*\*)(?<heading>[^\n*]+)[^\n]*$|^```powershell(?<info>[^\n]*)\n(?<code>.*?)\n```$')) {
            if ($match.Groups['heading'].Success) { $heading = $match.Groups['heading'].Value; continue }
            @{ Page = $page.BaseName; Heading = $heading; Code = $match.Groups['code'].Value; Run = -not $match.Groups['info'].Value.Trim() }
        }
    }

    # What deletes comes last, so that there is something left for the others.
    $last = 'Clear-JobQueue', 'Remove-Job', 'Remove-JobQueue'
    $runnable = $blocks | Where-Object { $_.Run -and $_.Page -notlike 'about_*' } | Sort-Object { $last.IndexOf($_.Page) } -Stable
}

BeforeAll {
    $root = Resolve-Path "$PSScriptRoot/../.."
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $manifest = Get-Item (Get-Manifest)
    Import-Module $manifest -Force
    $common = [Management.Automation.Cmdlet]::CommonParameters
}

AfterAll { Remove-Module JobAdmin -ErrorAction Ignore }

Describe 'help of <_>' -ForEach $commands {
    BeforeAll {
        $command = Get-Command "JobAdmin\$_"
        $help = Get-Help "JobAdmin\$_" -Full
        $parameters = $command.Parameters.Values | Where-Object Name -NotIn $common
    }

    It 'has a synopsis, a description, notes, and three examples' {
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.Synopsis | Should -Not -Match "^\s*$_ \["
        $help.description.Text | Should -Not -BeNullOrEmpty
        $help.alertSet | Should -Not -BeNullOrEmpty
        @($help.examples.example).Count | Should -BeGreaterOrEqual 3
    }

    It 'describes every parameter, and none that is not there' {
        $described = @($help.parameters.parameter | Where-Object { $_.description.Text })
        $described.name | Sort-Object | Should -Be ($parameters.Name | Sort-Object)
    }

    It 'is right about each parameter' {
        foreach ($said in $help.parameters.parameter) {
            $parameter = $command.Parameters[$said.name]
            $set = @($parameter.ParameterSets.Values)[0]
            $type = [Nullable]::GetUnderlyingType($parameter.ParameterType) ?? $parameter.ParameterType
            $said.type.name | Should -Be $type.Name -Because "of -$($said.name)"
            $said.required | Should -Be "$($set.IsMandatory)" -Because "of -$($said.name)"
            $said.position | Should -Be $(if ($set.Position -ge 0) { "$($set.Position)" } else { 'named' }) -Because "of -$($said.name)"
            $piped = @(if ($set.ValueFromPipeline) { 'ByValue' }; if ($set.ValueFromPipelineByPropertyName) { 'ByPropertyName' }) -join ', '
            $said.pipelineInput | Should -Be $(if ($piped) { "True ($piped)" } else { 'False' }) -Because "of -$($said.name)"
            $wildcards = [bool]$parameter.Attributes.Where{ $_ -is [Management.Automation.SupportsWildcardsAttribute] }
            $said.globbing | Should -Be "$wildcards" -Because "of -$($said.name)"
            $said.aliases | Should -Be $(if ($parameter.Aliases) { $parameter.Aliases -join ', ' } else { 'none' }) -Because "of -$($said.name)"
        }
    }

    It 'has the syntax that PowerShell itself prints' {
        $page = Get-Content -Raw "$root/help/en-US/$_.md"
        $written = [regex]::Match($page, '(?s)## Syntax\n\n```text\n(.*?)\n```').Groups[1].Value -replace '\n    ', ' '
        $written | Should -BeExactly (($command.ParameterSets | ForEach-Object { "$($command.Name) $_" }) -join "`n`n")
    }

    It 'names where it is on the web, and links that lead somewhere' {
        $help.relatedLinks.navigationLink[0].uri | Should -Match "/$_\.md$"
        foreach ($target in [regex]::Matches((Get-Content -Raw "$root/help/en-US/$_.md"), '\]\(([^)]+)\)').Groups.Where{ $_.Name -eq '1' }.Value) {
            if ($target -notmatch '^https:') { "$root/help/en-US/$target" | Should -Exist }
        }
    }
}

Describe 'about topics' {
    It '<_> is found' -ForEach $topics {
        Get-Help $_ | Should -Match "^TOPIC\s+$_\s+SHORT DESCRIPTION"
    }

    It 'list every error id of the source' {
        $listed = [regex]::Matches((Get-Content -Raw "$root/help/en-US/about_JobAdmin.md"), '(?m)^\| ([A-Z]\w+) \|').Groups.Where{ $_.Name -eq '1' }.Value
        $source = Get-ChildItem "$root/src" -Recurse -Filter *.cs | Where-Object FullName -NotMatch '[\\/](obj|bin|JobAdmin\.Server)[\\/]' | Get-Content -Raw
        $pattern = '(?:JobServerException|JobErrors\.Input|(?<=[ (]new)|\.Input)\(\s*"([A-Z][A-Za-z]+)",|=> \("([A-Z][A-Za-z]+)", JobErrorKind'
        $used = [regex]::Matches($source -join "`n", $pattern) | ForEach-Object { $_.Groups[1].Value + $_.Groups[2].Value } | Sort-Object -Unique | Where-Object { $_ -ne 'Authorization' }
        $used.Count | Should -BeGreaterThan 40
        $used | Where-Object { $_ -notin $listed } | Should -BeNullOrEmpty
        foreach ($page in Get-ChildItem "$root/help/en-US/*-*.md") {
            $named = [regex]::Match((Get-Content -Raw $page), 'Error ids?: ([A-Za-z, ]+)').Groups[1].Value -split ', ' -replace ' .*' -cmatch '^[A-Z]'
            $named | Where-Object { $_ -notin $listed } | Should -BeNullOrEmpty -Because $page.BaseName
        }
    }
}

Describe 'the tool that builds help' {
    BeforeAll {
        $good = Get-Content -Raw "$root/help/en-US/Use-JobServer.md"
    }

    It 'refuses a page <why>' -ForEach @(
        @{ why = 'with another name'; change = { $args[0] -replace '^# Use-JobServer', '# Use-Server' }; error = 'the first line is not' }
        @{ why = 'without a synopsis'; change = { $args[0] -replace '(?s)^(# [^\n]+\n).*?(?=## Syntax)', "`$1`n" }; error = 'synopsis' }
        @{ why = 'without a section'; change = { $args[0] -replace '(?s)## Notes.*?(?=## Links)' }; error = '## Notes' }
        @{ why = 'with two examples'; change = { $args[0] -replace '(?s)(## Examples\n\n.*?)###.*###.*?(?=## Parameters)', '$1' }; error = 'example' }
        @{ why = 'with a parameter that is not described'; change = { $args[0] -replace '(?s)### -PassThru.*?(?=## Inputs)' }; error = '-PassThru is in the syntax' }
        @{ why = 'with a parameter without facts'; change = { $args[0] -replace 'Default: False\n' }; error = 'Default' }
        @{ why = 'with code that is not closed'; change = { $args[0] -replace '(?s)```\n(?=\n## Inputs)' }; error = 'not closed' }
        @{ why = 'with a syntax that is none'; change = { $args[0] -replace '\[-PassThru\]', '[-PassThru' }; error = 'no syntax' }
    ) {
        $folder = New-Item -ItemType Directory "$TestDrive/$([guid]::NewGuid())"
        [IO.File]::WriteAllText("$folder/Use-JobServer.md", (& $change $good))
        $said = & node "$root/tools/build-help.mjs" $folder "$folder/out" 2>&1 | Out-String
        $LASTEXITCODE | Should -Be 1
        $said | Should -Match ([regex]::Escape($error))
    }
}

Describe 'examples' {
    It '<Page>: <Heading> parses' -ForEach $blocks {
        $errors = $null
        [void][Management.Automation.Language.Parser]::ParseInput($Code, [ref]$null, [ref]$errors)
        $errors | Should -BeNullOrEmpty
    }
}

Describe 'examples on a real application' {
    BeforeAll {
        $start = [Diagnostics.ProcessStartInfo]@{ FileName = 'node'; RedirectStandardInput = $true; RedirectStandardOutput = $true }
        $start.ArgumentList.Add("$root/demo/app.mjs")
        $app = [Diagnostics.Process]::Start($start)
        do { $line = $app.StandardOutput.ReadLine() } until ($null -eq $line -or $line -like 'ready *')
        $kept = $env:REDIS_URL, $env:PSModulePath, $PWD
        $env:REDIS_URL = "$line".Substring(6)
        # Sessions of ForEach-Object -Parallel find the module by its name.
        $env:PSModulePath = (Split-Path (Split-Path $manifest.Directory)) + [IO.Path]::PathSeparator + $env:PSModulePath
        Set-Location (New-Item -ItemType Directory "$TestDrive/examples")
    }

    AfterAll {
        Get-JobServer | Disconnect-JobServer
        $env:REDIS_URL, $env:PSModulePath, $place = $kept
        Set-Location $place
        $app.StandardInput.Close()
        if (-not $app.WaitForExit(10000)) { $app.Kill($true) }
    }

    It '<Page>: <Heading>' -ForEach $runnable {
        Get-JobServer | Disconnect-JobServer
        'staging', 'local' | ForEach-Object { Connect-JobServer $env:REDIS_URL -Name $_ | Out-Null }
        $ErrorActionPreference = 'Stop'
        $ConfirmPreference = 'None'
        . ([scriptblock]::Create($Code)) *>&1 | Out-String | Write-Verbose
    }
}
