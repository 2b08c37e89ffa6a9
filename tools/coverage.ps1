#!/usr/bin/env pwsh
#Requires -Version 7.4
<#
.SYNOPSIS
Says how many lines of the source the tests of both kinds reach, xunit and Pester together.
.DESCRIPTION
Everything runs from copies under output/coverage, so that nobody meets the counting libraries by chance.
.PARAMETER Xunit
What the xunit suite is told: a filter such as '-namespace JobAdmin.Client.Tests.Screen'.
.PARAMETER Pester
The Pester files; by default all.
#>
[CmdletBinding()]
param([string] $Xunit = '', [string] $Pester = '*')

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
$root = Split-Path $PSScriptRoot
$place = Join-Path $root output coverage
Remove-Item $place -Recurse -Force -ErrorAction Ignore
[void](New-Item -ItemType Directory $place)
$msbuild = 'msbuild', '-restore', '-verbosity:quiet', '-nologo', '-property:Configuration=Release'

& dotnet @msbuild "$root/tools/stage.proj" '-property:Native=false' "-property:StageFolder=$place/module/"
$suites = foreach ($project in Get-ChildItem "$root/tests/*/*.Tests.csproj") {
    & dotnet @msbuild $project.FullName
    Copy-Item "$($project.DirectoryName)/bin/Release/net8.0" "$place/$($project.BaseName)" -Recurse
    $project.BaseName
}
$manifest = Get-Item "$place/module/*/JobAdmin.psd1"
# The symbols say which lines there are.
foreach ($library in Get-ChildItem $manifest.Directory -Recurse -Filter JobAdmin*.dll) {
    Copy-Item "$root/src/$($library.BaseName)/bin/Release/net8.0/$($library.BaseName).pdb" $library.Directory
}

# What the client refers to has to lie beside it to be counted; without symbols it is not counted itself.
Copy-Item "$($manifest.Directory)/bin/JobAdmin.Contracts.dll" "$($manifest.Directory)/bin/deps"

function Invoke-Covered([string] $Library, [string] $Folder, [string] $Run, [string] $Report) {
    & dotnet msbuild -restore -nologo -verbosity:minimal "$root/tools/coverage.proj" -target:Cover "-property:Library=$Library" "-property:Folders=$Folder" "-property:Run=$Run" "-property:Report=$Report" | Out-Host
}

foreach ($suite in $suites) { Invoke-Covered "$place/$suite/$suite.dll" '' "dotnet $place/$suite/$suite.dll -noColor $Xunit" "$place/$suite.xml" }
$env:JOBADMIN_MANIFEST = $manifest.FullName
$files = "Get-ChildItem tests/cmdlets/$Pester.Tests.ps1 | ForEach-Object -Parallel { pwsh -NoProfile -NonInteractive -File tests/Invoke-PesterFile.ps1 `$_.FullName $place/report.txt } -ThrottleLimit 2"
Set-Content "$place/pester.ps1" "Set-Location '$root'`n$files"
Invoke-Covered "$($manifest.Directory)/bin/JobAdmin.dll" "$($manifest.Directory)/bin/deps" "pwsh -NoProfile -NonInteractive -File $place/pester.ps1" "$place/pester.xml"

# A line that either reaches is reached; a file that is part of two libraries counts once.
$lines = @{}
foreach ($report in Get-ChildItem $place -Filter *.xml) {
    $xml = [xml](Get-Content -Raw $report)
    # A report names its files from the folder that all of them are under.
    $under = $xml.SelectSingleNode('//source')?.InnerText
    foreach ($class in $xml.SelectNodes('//class')) {
        if ("$under$($class.filename)" -notmatch '/src/(?<file>.+)') { continue }
        $file = $Matches.file
        foreach ($line in $class.SelectNodes('.//lines/line')) { $lines["$file|$($line.number)"] += [int]($line.hits -ne '0') }
    }
}
$parts = $lines.GetEnumerator() | Where-Object Key -NotMatch '[\\/]obj[\\/]' | Group-Object { ($_.Key -split '[\\/|]')[0] } | Sort-Object Name
$table = foreach ($part in $parts) {
    $reached = @($part.Group | Where-Object Value -GT 0).Count
    [pscustomobject]@{ Part = $part.Name; Lines = $part.Count; Reached = $reached; Coverage = '{0:P1}' -f ($reached / $part.Count) }
}
$table | Format-Table | Out-Host
$all = ($table | Measure-Object Lines -Sum).Sum
$reached = ($table | Measure-Object Reached -Sum).Sum
Write-Host ('{0:P1} of {1:N0} lines are reached' -f ($reached / $all), $all)
