#!/usr/bin/env pwsh
#Requires -Version 7.4
<#
.SYNOPSIS
Builds, shows, tests and packs the JobAdmin module.
.DESCRIPTION
Needs the .NET SDK and Node.js; Demo, Test and Bench need redis-server too. On Linux and macOS ./build.sh gets what is
missing and then calls this script.
.PARAMETER Task
Build    stages the module to output/JobAdmin/<version>.
Demo     starts a BullMQ application on a Redis of its own, and a session connected to it.
Test     runs the xunit suites, and every Pester file in a fresh pwsh.
Coverage runs the tests, and says how many lines of the source they reach.
Analyze  runs PSScriptAnalyzer, and checks the C# against .editorconfig; it changes nothing.
Bench    compares the module with BullMQ's own library on the same data.
Package  makes output/JobAdmin.<version>.nupkg for the PowerShell Gallery, and installs and imports it. With a thumbprint in
         $env:JOBADMIN_SIGNING_CERTIFICATE the module's own files are signed (on Windows).
.EXAMPLE
./build.ps1 -Task Test
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Demo', 'Test', 'Coverage', 'Analyze', 'Bench', 'Package')]
    [string] $Task = 'Build'
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false
trap {
    # After Ctrl+C there is nothing to explain.
    if ($_.Exception -isnot [Management.Automation.PipelineStoppedException]) { [Console]::Error.WriteLine("build.ps1: $_") }
    Write-Verbose $_.ScriptStackTrace
    exit 1
}
$env:DOTNET_CLI_TELEMETRY_OPTOUT = $env:DOTNET_NOLOGO = $env:POWERSHELL_TELEMETRY_OPTOUT = '1'
$env:POWERSHELL_UPDATECHECK = 'Off'
if ([Console]::IsOutputRedirected) { $PSStyle.OutputRendering = 'PlainText' }
Set-Location $PSScriptRoot

# This PowerShell again, also where it runs as a .NET tool.
$pwsh = [Environment]::ProcessPath
$pwshPrefix = @(if ((Split-Path -LeafBase $pwsh) -eq 'dotnet') { Join-Path $PSHOME pwsh.dll })
$manifest = Import-PowerShellDataFile JobAdmin.psd1
$staged = Join-Path $PSScriptRoot output ($Task -eq 'Package' ? 'package' : '') JobAdmin $manifest.ModuleVersion
$msbuild = 'msbuild', '-restore', '-verbosity:quiet', '-nologo', '-property:Configuration=Release'

function Assert-Tool([string] $Name, [string] $Advice) {
    if (-not (Get-Command $Name -CommandType Application -ErrorAction Ignore)) { throw "$Name is missing: $Advice" }
}

function Invoke-Tool {
    $name, $arguments = $args
    & $name @arguments
    if ($LASTEXITCODE) { throw "$name $($arguments -join ' ') ended with exit code $LASTEXITCODE" }
}

function Build-Module {
    Assert-Tool dotnet 'install the .NET SDK 8 or later, https://dotnet.microsoft.com/download'
    Assert-Tool npm 'install Node.js 18 or later, https://nodejs.org'
    if (-not (Test-Path tests/peers/node_modules)) { Invoke-Tool npm ci --prefix tests/peers --loglevel=error --no-audit --no-fund }
    # A package is for every kind of machine, so nothing in it is compiled for this one.
    Invoke-Tool dotnet @msbuild tools/stage.proj "-property:Native=$($Task -ne 'Package')" "-property:StageFolder=$(Split-Path $staged)/"
    Write-Host "JobAdmin $($manifest.ModuleVersion) is staged in $([IO.Path]::GetRelativePath($PSScriptRoot, $staged))"
}

function Start-Demo {
    Assert-Tool redis-server 'install Redis 6.2 or later (on Windows: Memurai, or use WSL)'
    $atTerminal = -not ([Console]::IsInputRedirected -or [Console]::IsOutputRedirected)
    $start = [Diagnostics.ProcessStartInfo]@{ FileName = 'node'; RedirectStandardInput = $true; RedirectStandardOutput = $true }
    $start.ArgumentList.Add((Join-Path $PSScriptRoot demo app.mjs))
    $app = [Diagnostics.Process]::Start($start)
    try {
        while (($line = $app.StandardOutput.ReadLine()) -notlike 'ready *') {
            if ($null -eq $line) { throw 'The BullMQ application ended early.' }
            Write-Host $line
        }
        $arguments = @(if ($atTerminal) { '-NoLogo', '-NoExit' } else { '-NonInteractive' })
        & $pwsh @pwshPrefix -NoProfile @arguments -File demo/tour.ps1 -Manifest (Join-Path $staged JobAdmin.psd1) -Url $line.Substring(6)
        $ended = $LASTEXITCODE
    } finally {
        # The application ends, with its Redis and its files, when its input does: however this session ends, it follows.
        $app.StandardInput.Close()
        if (-not $app.WaitForExit(10000)) { $app.Kill($true) }
    }
    if ($ended -and -not $atTerminal) { throw 'The demo ended with an error.' }
}

# Every test project's assembly runs by itself; the counts come from its report.
function Invoke-XunitSuite([string] $Project) {
    $name = [IO.Path]::GetFileNameWithoutExtension($Project)
    Invoke-Tool dotnet @msbuild $Project | Out-Host
    $report = New-TemporaryFile
    Write-Host "xunit $name"
    & dotnet (Join-Path ([IO.Path]::GetDirectoryName($Project)) bin Release net8.0 "$name.dll") -noColor -xml $report.FullName | Out-Host
    $sums = if ((Get-Item $report).Length) { ([xml](Get-Content -Raw $report)).assemblies.assembly }
    Remove-Item $report
    if (-not $sums) { return [pscustomobject]@{ Suite = $name; Passed = 0; Failed = 1; Skipped = 0; Failures = 'it ended without a report' } }
    # An element of the report may be called as its attribute is.
    $passed, $failed, $errors, $skipped = 'passed', 'failed', 'errors', 'skipped' | ForEach-Object { [int]$sums.GetAttribute($_) }
    $failures = foreach ($test in $sums.SelectNodes('.//test[@result="Fail"] | .//error')) {
        "$($test.GetAttribute('name')): $($test.SelectSingleNode('.//message').InnerText -split '\r?\n' | Select-Object -First 3)"
    }
    [pscustomobject]@{ Suite = $name; Passed = $passed; Failed = $failed + $errors; Skipped = $skipped; Failures = $failures }
}

# The manifest of an installed Pester 5, or of one from the NuGet feed; nothing where neither can be had.
function Find-Pester {
    $installed = Get-Module Pester -ListAvailable | Where-Object { $_.Version -ge '5.4' -and $_.Version.Major -eq 5 } | Select-Object -First 1
    if ($installed) { return $installed.Path -replace '\.psm1$', '.psd1' }
    dotnet restore tools/pester.proj -v quiet | Out-Host
    Get-ChildItem output/packages/pester/*/tools/Pester.psd1 -ErrorAction Ignore | Select-Object -Last 1 -ExpandProperty FullName
}

# Each file in a fresh pwsh, as many at once as there are processors; what a file has to say comes in one piece.
function Invoke-PesterSuite([IO.FileInfo[]] $File, [string] $Pester) {
    $File | ForEach-Object -ThrottleLimit ([Environment]::ProcessorCount) -Parallel {
        $name = $_.Name -replace '\.Tests\.ps1$'
        $report = New-TemporaryFile
        $command = @($using:pwshPrefix) + '-NoProfile', '-NonInteractive', '-File', 'tests/Invoke-PesterFile.ps1', $_.FullName, $report.FullName, $using:Pester
        $said = & $using:pwsh @command *>&1 | Out-String -Width 200
        $counts, $failures = @(Get-Content $report)
        $counts = -split $counts
        Remove-Item $report
        if ($counts.Count -ne 3) { $counts, $failures = (0, 1, 0), 'it ended without a report' }
        Write-Host "Pester $name`n$said"
        [pscustomobject]@{ Suite = $name; Passed = [int]$counts[0]; Failed = [int]$counts[1]; Skipped = [int]$counts[2]; Failures = $failures }
    }
}

function Invoke-Test {
    $pester = Find-Pester
    $results = @(
        Get-ChildItem tests/*/*.Tests.csproj | ForEach-Object { Invoke-XunitSuite $_.FullName }
        if ($pester) { Invoke-PesterSuite (Get-ChildItem tests/cmdlets/*.Tests.ps1) $pester }
    )
    $results | Format-Table Suite, Passed, Failed, Skipped | Out-Host
    # Once more at the end: of a long log often only that is kept.
    foreach ($result in $results) { foreach ($failure in $result.Failures) { Write-Host "FAILED $($result.Suite): $failure" } }
    if (-not $pester) {
        Write-Warning 'NOT RUN: the Pester suites of tests/cmdlets, since Pester 5 is missing: Install-PSResource Pester -Version 5.*'
    }
    $sum = @{}
    foreach ($kind in 'Passed', 'Failed', 'Skipped') { $sum[$kind] = [int]($results | Measure-Object $kind -Sum).Sum }
    Write-Host "$($sum.Passed) passed, $($sum.Failed) failed, $($sum.Skipped) skipped"
    if ($sum.Failed -or -not $sum.Passed) { exit 1 }
}

function Invoke-Analysis {
    $found = if (Get-Module PSScriptAnalyzer -ListAvailable) {
        Get-ChildItem . -Include *.ps1, *.psd1 -Recurse | Where-Object FullName -NotMatch '[\\/](output|node_modules|bin|obj)[\\/]' |
            ForEach-Object { Invoke-ScriptAnalyzer $_.FullName -ExcludeRule PSAvoidUsingWriteHost }
    } else {
        Write-Warning 'NOT RUN: PSScriptAnalyzer is missing: Install-PSResource PSScriptAnalyzer'
    }
    $found | Format-Table Severity, RuleName, ScriptName, Line, Message -Wrap | Out-Host
    Invoke-Tool dotnet format style JobAdmin.sln --verify-no-changes
    if ($found) { exit 1 }
    Write-Host 'Nothing to say.'
}

if ($Task -ne 'Analyze') { Build-Module }
switch ($Task) {
    Demo { Start-Demo }
    Test { Invoke-Test }
    Coverage { & ./tools/coverage.ps1 }
    Analyze { Invoke-Analysis }
    Bench {
        & ./bench/bench.ps1 -Manifest (Join-Path $staged JobAdmin.psd1)
        & ./bench/http.ps1 -Manifest (Join-Path $staged JobAdmin.psd1)
    }
    Package { & ./tools/package.ps1 -Module $staged -Destination (Join-Path $PSScriptRoot output) }
}
