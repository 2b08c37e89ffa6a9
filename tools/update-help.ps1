#!/usr/bin/env pwsh
#Requires -Version 7.4
<#
.SYNOPSIS
Writes into the help pages what the module itself knows: the syntax, and the facts of each parameter.
.DESCRIPTION
Run it after a change of parameters, with the module staged. Words are for people to write: a parameter that no page describes is named
and gets an empty section, which build-help.mjs then refuses.
#>
[CmdletBinding()]
param([string] $Manifest)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$root = Split-Path $PSScriptRoot
if (-not $Manifest) { $Manifest = Get-ChildItem "$root/output/JobAdmin/*/JobAdmin.psd1" | Sort-Object LastWriteTime | Select-Object -Last 1 -ExpandProperty FullName }
Import-Module $Manifest -Force
$common = [Management.Automation.Cmdlet]::CommonParameters

function Get-TypeName([type] $Type) {
    $inner = [Nullable]::GetUnderlyingType($Type) ?? $Type
    $inner.Name
}

# A syntax as Get-Command prints it, in lines of 100 columns.
function Format-Syntax([string] $Name, [string] $Text) {
    $line = $Name
    foreach ($part in [regex]::Matches($Text.Substring($Name.Length), '\[\[.*?\] ?<[^>]*>\]|\[[^\]]*?(?:\[\])?>?\]|\S+(?: <[^>]*>)?').Value) {
        if ($line.Length + 1 + $part.Length -gt 100) { $line; $line = '   ' }
        $line += " $part"
    }
    $line
}

function Get-Facts($Command, $Parameter) {
    $set = @($Parameter.ParameterSets.Values)[0]
    $value = if ($Command.ImplementingType.GetProperty($Parameter.Name)) { [Activator]::CreateInstance($Command.ImplementingType).($Parameter.Name) }
    $piped = @(if ($set.ValueFromPipeline) { 'ByValue' }; if ($set.ValueFromPipelineByPropertyName) { 'ByPropertyName' }) -join ', '
    $default = switch ($Parameter.ParameterType) {
        ([switch]) { 'False'; break }
        default { if ($null -eq $value -or $value -is [array] -or ($value -is [enum] -and -not [int]$value) -or $value -is [bool]) { 'None' } else { "$value" } }
    }
    "Type: $(Get-TypeName $Parameter.ParameterType)"
    "Required: $($set.IsMandatory)"
    "Position: $($set.Position -ge 0 ? $set.Position : 'Named')"
    "Default: $default"
    "Pipeline: $($piped ? $piped : 'False')"
    "Wildcards: $([bool]$Parameter.Attributes.Where{ $_ -is [Management.Automation.SupportsWildcardsAttribute] })"
    if ($Parameter.Aliases) { "Aliases: $($Parameter.Aliases -join ', ')" }
}

foreach ($command in Get-Command -Module JobAdmin -CommandType Cmdlet) {
    $page = "$root/help/en-US/$($command.Name).md"
    if (-not (Test-Path $page)) { Write-Warning "$($command.Name) has no page"; continue }
    $text = (Get-Content -Raw $page) -replace '\r'

    $sets = foreach ($set in $command.ParameterSets) { (Format-Syntax $command.Name "$($command.Name) $set") -join "`n" }
    $text = [regex]::Replace($text, '(?s)(?<=^|\n)## Syntax\n.*?(?=\n## )', { "## Syntax`n`n``````text`n$($sets -join "`n`n")`n```````n" })

    $head, $body = [regex]::Match($text, '(?s)^(.*?\n## Parameters\n\n)(.*?)(?=\n## Inputs\n)').Groups[1, 2].Value
    $tail = $text.Substring($head.Length + $body.Length)
    $words = @{}
    foreach ($section in [regex]::Matches($body, '(?s)### -(\w+)\n\n(.*?)(?=\n### -|$)')) {
        $words[$section.Groups[1].Value] = ($section.Groups[2].Value -replace '(?s)```yaml.*').Trim()
    }
    $words['WhatIf'] = 'Says what would be done, and changes nothing.'
    $words['Confirm'] = 'Asks before each change. With `-Confirm:$false` it never asks.'
    $sections = foreach ($parameter in $command.Parameters.Values | Where-Object Name -NotIn $common | Sort-Object { $_.Name -in 'Confirm', 'WhatIf' }, Name) {
        if (-not $words[$parameter.Name]) { Write-Warning "$($command.Name): -$($parameter.Name) is not described" }
        "### -$($parameter.Name)`n`n$($words[$parameter.Name])`n`n``````yaml`n$((Get-Facts $command $parameter) -join "`n")`n```````n"
    }
    foreach ($name in $words.Keys | Where-Object { -not $command.Parameters.ContainsKey($_) -and $_ -notin 'WhatIf', 'Confirm' }) {
        Write-Warning "$($command.Name): -$name is gone, and with it what the page said"
    }
    $new = $head + ($sections -join "`n") + $tail
    if ($new -cne (Get-Content -Raw $page)) { [IO.File]::WriteAllText($page, $new) }
}
