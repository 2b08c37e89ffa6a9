<#
.SYNOPSIS
Does one work of works.ps1 in a session of its own, with -Again a second time, and writes as JSON how long it took, how much processor time, and how much memory beyond that of the idle session.
#>
param([Parameter(Mandatory)] [string] $Manifest, [Parameter(Mandatory)] [int] $Port, [Parameter(Mandatory)] [string] $Script, [switch] $Cold, [switch] $Again)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module $Manifest
$work = [scriptblock]::Create($Script)
$url = "redis://127.0.0.1:$Port"
if ($Script -notlike '*HmgetLoop*') { $null = Connect-JobServer $url }
# What PowerShell loads for its own Select-Object is not ours: 60 to 90 ms.
$null = 1 | Select-Object -First 1
if ($Again) { $null = & $work }
# The first call pays for compilation, here as in any session.
if (-not $Cold) { $null = Get-Job -Queue bench -State failed -First 10; $null = [Text.Json.JsonDocument]::Parse('{}') }
$self = [Diagnostics.Process]::GetCurrentProcess()
[GC]::Collect()
$status = '/proc/self/status'
function Get-Status([string] $Name) { [double][regex]::Match((Get-Content -Raw $status), "${Name}:\s+(\d+)").Groups[1].Value / 1024 }
# Linux can forget the peak so far.
$linux = Test-Path /proc/self/clear_refs
if ($linux) { [IO.File]::WriteAllText('/proc/self/clear_refs', '5'); $idle = Get-Status VmRSS } else { $idle = $self.WorkingSet64 / 1MB }
$cpu = $self.TotalProcessorTime
$watch = [Diagnostics.Stopwatch]::StartNew()
$null = & $work
$ms = $watch.Elapsed.TotalMilliseconds
$self.Refresh()
$used = ($self.TotalProcessorTime - $cpu).TotalMilliseconds
$peak = if ($linux) { Get-Status VmHWM } else { $self.PeakWorkingSet64 / 1MB }
ConvertTo-Json -Compress @{ ms = $ms; cpu = $used; mb = [Math]::Max(0, $peak - $idle) }
