#Requires -Version 7.4
<#
.SYNOPSIS
Builds what is committed twice, in two folders, and compares every library: the same sources give the same bytes.
.DESCRIPTION
Needs the .NET SDK, git and the npm packages of tests/peers. Nothing in this folder is changed.
#>
[CmdletBinding()]
param()

$ErrorActionPreference = 'Stop'
$root = Split-Path $PSScriptRoot
# The second is cloned from the first: what is committed meanwhile is in neither.
$source = $root
$work = [IO.Directory]::CreateTempSubdirectory('jobadmin-verify-').FullName
try {
    $builds = foreach ($name in 'one', 'another/and deeper') {
        $folder = Join-Path $work $name
        git clone --quiet --no-hardlinks $source $folder
        $source = $folder
        $modules = Join-Path $root tests peers node_modules
        if (Test-Path $modules) { [void](New-Item -ItemType SymbolicLink -Path (Join-Path $folder tests peers node_modules) -Target $modules) }
        dotnet msbuild -restore -verbosity:quiet -nologo -property:Configuration=Release -property:Native=false "$folder/tools/stage.proj" | Out-Host
        if ($LASTEXITCODE) { throw "the build in $folder failed" }
        $files = @{}
        Get-ChildItem "$folder/output/JobAdmin" -Recurse -File | ForEach-Object {
            $files[[IO.Path]::GetRelativePath("$folder/output/JobAdmin", $_.FullName)] = (Get-FileHash $_ -Algorithm SHA256).Hash
        }
        $files
    }
    $differing = @($builds[0].Keys + $builds[1].Keys | Sort-Object -Unique | Where-Object { $builds[0][$_] -ne $builds[1][$_] })
    if ($differing) { throw "$($differing.Count) of $($builds[0].Count) files differ: $($differing -join ', ')" }
    Write-Host "$($builds[0].Count) files, the same in both builds"
} finally {
    Remove-Item $work -Recurse -Force
}
