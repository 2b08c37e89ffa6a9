#!/usr/bin/env pwsh
#Requires -Version 7.4
<#
.SYNOPSIS
Runs the randomised tests at their full size, and writes their figures into docs/reliability.md.
.DESCRIPTION
A part takes between one and twenty minutes on two processors. Figures of parts that are not run stay as they are. Nothing is written when a test fails.
.PARAMETER Part
Which: Fuzz, Faults, Operations, Session, Server, Secrets (every Pester file, searched for passwords). By default all.
.PARAMETER Figures
Takes the figures from this file, which the tests wrote before (JOBADMIN_FIGURES), and runs nothing.
.EXAMPLE
./tools/reliability.ps1 -Part Faults
#>
[CmdletBinding()]
param(
    [ValidateSet('Fuzz', 'Faults', 'Operations', 'Session', 'Server', 'Secrets')]
    [string[]] $Part = @('Fuzz', 'Faults', 'Operations', 'Session', 'Server', 'Secrets'),
    [string] $Figures
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$root = Split-Path $PSScriptRoot
$page = Join-Path $root docs reliability.md
$client = 'JobAdmin.Client.Tests'
$runs = @{
    Fuzz = 'client', '-namespace', "$client.Fuzz"
    Faults = 'client', '-class', "$client.Faults.FaultTests", '-class', "$client.Faults.WatchTests"
    Operations = 'client', '-class', "$client.Faults.RandomOperationsTests", '-class', "$client.Faults.DestructionTests"
    Session = 'client', '-class', "$client.Trust.SessionTests"
    Server = 'server', '-class', 'JobAdmin.Server.Tests.FuzzTests'
}

if (-not $Figures) {
    $Figures = New-TemporaryFile
    $env:JOBADMIN_FIGURES = $Figures
    foreach ($name in $Part) {
        Write-Host "$name ..."
        if ($name -eq 'Secrets') {
            foreach ($file in Get-ChildItem "$root/tests/cmdlets/*.Tests.ps1") {
                $report = New-TemporaryFile
                & ([Environment]::ProcessPath) -NoProfile -NonInteractive -File "$root/tests/Invoke-PesterFile.ps1" $file.FullName $report | Out-Null
                if ((-split (Get-Content -Raw $report))[1] -ne '0') { throw "$($file.Name) fails" }
                Remove-Item $report
            }
            continue
        }

        $suite, $filter = $runs[$name]
        $project = Get-Item "$root/tests/$suite/*.Tests.csproj"
        dotnet msbuild -restore -verbosity:quiet -nologo -property:Configuration=Release $project.FullName | Out-Host
        $env:JOBADMIN_FULL = '1'
        try { dotnet (Join-Path $project.DirectoryName bin Release net8.0 "$($project.BaseName).dll") -noColor @filter | Out-Host }
        finally { Remove-Item Env:JOBADMIN_FULL }
        if ($LASTEXITCODE) { throw "$name fails" }
    }
}

# What a row of the table is called, and what stands in it. The Pester files are added up.
$rows = [ordered]@{}
$table = (Get-Content -Raw $page) -replace '(?s).*<!-- figures -->\r?\n\| what.*?\|---\|---\|\r?\n(.*?)<!-- end -->.*', '$1'
foreach ($line in $table -split "`r?`n" -match '^\|') {
    $cells = $line.Trim('|') -split ' \| '
    $rows[$cells[0].Trim()] = $cells[1].Trim()
}
$lines = Get-Content $Figures
foreach ($line in $lines -notmatch '^secrets:') {
    $what, $figures = $line -split ': ', 2
    $rows[$what] = $figures -replace '(?<=\d)(?=(\d{3})+\b)', ','
}
$secrets = @($lines -match '^secrets:')
if ($secrets) {
    $sums = 1..4 | ForEach-Object { $n = $_; ($secrets | ForEach-Object { [long](-split $_)[$n] } | Measure-Object -Sum).Sum }
    $rows['secrets'] = '{0} Pester files, {1:N0} lines of output, {2:N0} verbose and debug messages, {3:N0} errors: {4} secrets' -f (@($secrets.Count) + $sums)
}
$text = ($rows.GetEnumerator() | Sort-Object Key | ForEach-Object { "| $($_.Key) | $($_.Value) |`n" }) -join ''
(Get-Content -Raw $page) -replace '(?s)(<!-- figures -->\r?\n\| what.*?\|---\|---\|\r?\n).*?(<!-- end -->)', "`${1}$($text.Replace('$', '$$'))`$2" | Set-Content $page -NoNewline
