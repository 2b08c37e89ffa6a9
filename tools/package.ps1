#!/usr/bin/env pwsh
#Requires -Version 7.4
<#
.SYNOPSIS
Makes the package for the PowerShell Gallery of a staged module, and shows that it installs and imports without a network.
.PARAMETER Module
The folder of the staged module. Nothing in it may be compiled for one kind of machine.
.PARAMETER Destination
Where the package goes.
.PARAMETER SigningCertificate
The thumbprint of a certificate in Cert:\CurrentUser\My that signs the module's own files. Without it they stay unsigned. Windows only.
.PARAMETER TimestampServer
Says when it was signed, so that the signature outlives the certificate.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [string] $Destination,
    [string] $SigningCertificate = $env:JOBADMIN_SIGNING_CERTIFICATE,
    [string] $TimestampServer = 'http://timestamp.digicert.com'
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$root = Split-Path $PSScriptRoot
$Module, $Destination = (Resolve-Path $Module, $Destination).Path
$manifest = Import-PowerShellDataFile (Join-Path $Module JobAdmin.psd1)
$data = $manifest.PrivateData.PSData
$package = Join-Path $Destination "JobAdmin.$($manifest.ModuleVersion).nupkg"

function Set-Signature {
    if (-not $IsWindows) { throw 'A module can be signed on Windows only: PowerShell has Set-AuthenticodeSignature nowhere else.' }
    $certificate = Get-Item "Cert:\CurrentUser\My\$SigningCertificate"
    # Libraries of others carry their makers' signatures.
    $own = Get-ChildItem $Module -Recurse -File | Where-Object { $_.Name -like 'JobAdmin*.dll' -or $_.Extension -in '.psd1', '.ps1xml' }
    $bad = $own | ForEach-Object { Set-AuthenticodeSignature $_.FullName $certificate -TimestampServer $TimestampServer -HashAlgorithm SHA256 } | Where-Object Status -NE Valid
    if ($bad) { throw "$($bad[0].Path) was not signed: $($bad[0].StatusMessage)" }
    Write-Host "$($own.Count) files are signed by $($certificate.Subject)"
}

function New-Package {
    # What is in it and where it comes from, with the hashes of what goes out.
    & node (Join-Path $PSScriptRoot sbom.mjs) $root $Module
    if ($LASTEXITCODE) { throw 'sbom.mjs could not list the parts of the module' }
    $tags = @($data.Tags) + 'PSModule', 'PSIncludes_Cmdlet' + @($manifest.CmdletsToExport | ForEach-Object { "PSCmdlet_$_"; "PSCommand_$_" })
    $escaped = { [Security.SecurityElement]::Escape($args[0]) }
    $nuspec = Join-Path $Destination JobAdmin.nuspec
    @"
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>JobAdmin</id>
    <version>$($manifest.ModuleVersion)</version>
    <authors>$(& $escaped $manifest.Author)</authors>
    <description>$(& $escaped $manifest.Description)</description>
    <copyright>$(& $escaped $manifest.Copyright)</copyright>
    <license type="expression">MIT</license>
    <projectUrl>$($data.ProjectUri)</projectUrl>
    <releaseNotes>$(& $escaped $data.ReleaseNotes)</releaseNotes>
    <tags>$($tags -join ' ')</tags>
  </metadata>
</package>
"@ | Set-Content $nuspec
    & dotnet msbuild -restore -verbosity:quiet -nologo -property:Configuration=Release "$root/src/JobAdmin/JobAdmin.csproj" -target:Pack '-property:NoBuild=true;NoPackageAnalysis=true' `
        "-property:PackageOutputPath=$Destination" "-property:NuspecFile=$nuspec" "-property:NuspecBasePath=$Module"
    if ($LASTEXITCODE) { throw 'The package was not made.' }
    Remove-Item $nuspec
}

# Installs it from a folder, as from a gallery, and imports it in a fresh session that finds it by its name.
function Test-Package {
    $place = [IO.Directory]::CreateTempSubdirectory('jobadmin-package-').FullName
    $name = "jobadmin-$([guid]::NewGuid().ToString('n').Substring(0, 8))"
    try {
        [void](New-Item -ItemType Directory "$place/gallery", "$place/modules")
        if (Get-Command Save-PSResource -ErrorAction Ignore) {
            Register-PSResourceRepository $name -Uri "$place/gallery" -Trusted
            Copy-Item $package "$place/gallery"
            Save-PSResource JobAdmin -Repository $name -Path "$place/modules" -TrustRepository
            $how = 'installs from a folder'
        } else {
            Expand-Archive $package "$place/modules/JobAdmin/$($manifest.ModuleVersion)"
            $how = 'unpacks (PSResourceGet is missing, so that nothing was installed)'
        }
        $pwsh = [Environment]::ProcessPath
        $prefix = @(if ((Split-Path -LeafBase $pwsh) -eq 'dotnet') { Join-Path $PSHOME pwsh.dll })
        $said = & $pwsh @prefix -NoProfile -NonInteractive -Command "`$env:PSModulePath = '$place/modules'; Import-Module JobAdmin -ErrorAction Stop; (Get-Command -Module JobAdmin).Count
            try { Connect-JobServer redis://127.0.0.1:1 } catch { (`$_.FullyQualifiedErrorId -split ',')[0] }; (Get-Help Get-Job).Synopsis"
        if ($said[0] -ne $manifest.CmdletsToExport.Count -or $said[1] -ne 'ConnectionFailed' -or "$($said[2])".Length -lt 10) { throw "The package does not work: $said" }
        Write-Host "It $how, and imports with $($said[0]) cmdlets, their client and their help"
    } finally {
        if (Get-Command Unregister-PSResourceRepository -ErrorAction Ignore) { Unregister-PSResourceRepository $name -ErrorAction Ignore }
        Remove-Item $place -Recurse -Force
    }
}

if ($SigningCertificate) { Set-Signature }
New-Package
Write-Host "$([IO.Path]::GetRelativePath($root, $package)) is made; Publish-PSResource -NupkgPath sends it to the gallery"
Test-Package
