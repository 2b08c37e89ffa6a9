# Servers of every kind for the Pester files: BullMQ on a Redis of its own, and the HTTP admin APIs as processes of tests/fakes.
# They are seeded, moved and counted in the same words, so that the same test goes for all of them.
Import-Module $PSScriptRoot/_Support.psm1
$ErrorActionPreference = 'Stop'
$key = 's3cret-key-of-the-test'
$server = $null

# What each kind is called, where its jobs are, and what the shared tests may ask of it.
function Get-ServerKind {
    @{ Kind = 'Redis'; Queue = 'emails'; Lists = $true; Retries = $true; Removes = $true; Promotes = $true; Results = $true; Events = $true; Adds = $true; Stops = 'waiting' }
    @{ Kind = 'BioAgents'; Queue = 'deep-research'; Lists = $true; Retries = $true; Removes = $false; Promotes = $false; Results = $false; Events = $true; Adds = $false; Stops = '' }
    @{ Kind = 'Conveyor'; Queue = 'emails'; Lists = $true; Retries = $true; Removes = $true; Promotes = $true; Results = $true; Events = $true; Adds = $true; Stops = 'active' }
    @{ Kind = 'Openinary'; Queue = 'jobs'; Lists = $true; Retries = $true; Removes = $true; Promotes = $false; Results = $false; Events = $true; Adds = $false; Stops = 'waiting' }
    @{ Kind = 'FifthElement'; Queue = 'jobs'; Lists = $false; Retries = $true; Removes = $false; Promotes = $false; Results = $true; Events = $false; Adds = $false; Stops = '' }
    # Our own server: the same APIs, over BullMQ.
    @{ Kind = 'BioAgents'; Served = $true; Queue = 'deep-research'; Lists = $true; Retries = $true; Removes = $false; Promotes = $false; Results = $false; Events = $true; Adds = $false; Stops = '' }
    @{ Kind = 'Conveyor'; Served = $true; Queue = 'emails'; Lists = $true; Retries = $true; Removes = $true; Promotes = $true; Results = $true; Events = $true; Adds = $true; Stops = 'active' }
    @{ Kind = 'Mcrit'; Queue = 'jobs'; Lists = $true; Retries = $false; Removes = $true; Promotes = $false; Results = $true; Events = $true; Adds = $false; Stops = '' }
}

# A program of the project, by its folder and name; built here when a single file is run by hand.
function Get-Program([string] $Folder, [string] $Name) {
    $folder = Join-Path $PSScriptRoot ../.. $Folder
    $program = Join-Path $folder "bin/Release/net8.0/$Name.dll"
    if (-not (Test-Path $program)) {
        $mutex = [Threading.Mutex]::new($false, "$Name.Build")
        [void]$mutex.WaitOne()
        try { if (-not (Test-Path $program)) { dotnet msbuild "$folder/$Name.csproj" -restore -verbosity:quiet -nologo -property:Configuration=Release | Out-Host } }
        finally { $mutex.ReleaseMutex() }
    }
    $program
}

# Starts a fake, which ends when its standard input does.
function Start-FakeServer([string] $Kind) {
    $start = [Diagnostics.ProcessStartInfo]::new('dotnet')
    $start.ArgumentList.Add((Get-Program tests/fakes JobAdmin.Fakes))
    $start.ArgumentList.Add($Kind)
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    $process = [Diagnostics.Process]::Start($start)
    $process.BeginErrorReadLine()
    $ready = $process.StandardOutput.ReadLine() | ConvertFrom-Json
    [pscustomobject]@{ Kind = $Kind; Uri = $ready.ready; Key = $key; Process = $process }
}

function Stop-FakeServer($Fake) {
    $Fake.Process.StandardInput.Close()
    if (-not $Fake.Process.WaitForExit(5000)) { $Fake.Process.Kill($true) }
}

function Invoke-Fake($Fake, [hashtable] $Command) {
    $Fake.Process.StandardInput.WriteLine((ConvertTo-Json $Command -Compress -Depth 20))
    $Fake.Process.StandardInput.Flush()
    $line = $Fake.Process.StandardOutput.ReadLineAsync()
    if (-not $line.Wait(60000)) { throw "the fake does not answer to $($Command.do)" }
    $answer = $line.Result | ConvertFrom-Json
    if ($answer.error) { throw "fake: $($answer.error)" }
    , $answer.result
}

# Our own server over a Redis; it ends with this process, however that ends.
function Start-OwnServer([string] $Redis) {
    $program = Get-Program src/JobAdmin.Server JobAdmin.Server
    $uri = "http://127.0.0.1:$(Get-FreePort)"
    $folder = [IO.Directory]::CreateTempSubdirectory('jobadmin-pester-').FullName
    $audit = Join-Path $folder audit.jsonl
    $env:ADMIN_API_KEY = $key
    try { $process = Start-Guarded "$PSScriptRoot/../peers/guard.mjs", $folder, 'dotnet', $program, '--urls', $uri, '--redis', $Redis, '--rate-limit', '0', '--audit-log', $audit }
    finally { $env:ADMIN_API_KEY = $null }
    $process.BeginOutputReadLine()
    foreach ($i in 1..600) {
        try { if ((Invoke-WebRequest "$uri/readyz" -SkipHttpErrorCheck).StatusCode -eq 200) { return [pscustomobject]@{ Process = $process; Uri = $uri; Audit = $audit } } } catch { $null = $_ }
        Start-Sleep -Milliseconds 100
    }
    throw 'the server did not start'
}

# A server of a kind, as the one that the functions below are about.
function Start-TestServer([string] $Kind, [bool] $Served) {
    Import-Module (Get-Manifest) -Force -Global
    $about = Get-ServerKind | Where-Object { $_.Kind -eq $Kind -and [bool]$_['Served'] -eq $Served }
    $made = if ($Kind -eq 'Redis' -or $Served) {
        $lab = Start-Lab
        $own = if ($Served) { Start-OwnServer $lab.Uri }
        [pscustomobject]@{ Kind = $Kind; Uri = $Served ? $own.Uri : $lab.Uri; Key = $Served ? $key : $null; Process = $null; Own = $own.Process; Audit = $own.Audit; Read = 0 }
    } else { Start-FakeServer $Kind }
    $made | Add-Member Queue $about.Queue
    $script:server = $made
    $made
}

function Stop-TestServer {
    if (-not $server) { return }
    Get-JobServer | Disconnect-JobServer
    if ($server.Process) { Stop-FakeServer $server }
    else {
        if ($server.Own) { $server.Own.StandardInput.Close(); if (-not $server.Own.WaitForExit(5000)) { $server.Own.Kill($true) } }
        Stop-Lab
    }
    $script:server = $null
}

# Empties the server and connects to it anew.
function Reset-TestServer {
    Get-JobServer | Disconnect-JobServer
    if (-not $server.Process) {
        Clear-Lab
        [void](Invoke-Peer @{ do = 'add'; queue = $server.Queue; name = 'first' })
        [void](Invoke-Peer @{ do = 'drain'; queue = $server.Queue })
    } else {
        [void](Invoke-Server @{ do = 'clear' })
        if ($server.Kind -eq 'Conveyor') { [void](Invoke-Server @{ do = 'seed'; queue = $server.Queue }) }
    }
    Connect-TestServer
}

function Connect-TestServer([hashtable] $With = @{}) {
    $arguments = @{ Uri = $server.Uri; Name = 'it'; WarningAction = 'Ignore' } + $(if ($server.Key) { @{ Api = $server.Kind; Key = $server.Key; Timeout = '10s' } } else { @{} })
    foreach ($name in $With.Keys) { $arguments[$name] = $With[$name] }
    [void](Connect-JobServer @arguments)
}

function Invoke-Server([hashtable] $Command) {
    $whole = @{ queue = $server.Queue }
    foreach ($name in $Command.Keys) { $whole[$name] = $Command[$name] }
    , (Invoke-Fake $server $whole)
}

# Makes so many jobs of each state, in BullMQ's words; gives the ids of one state, or of all, oldest first.
function Add-TestJob([hashtable] $Jobs, [string] $State) {
    if ($server.Process) {
        $ids = Invoke-Server (@{ do = 'seed' } + $Jobs)
        return $ids
    }
    [void](Invoke-Peer (@{ do = 'seed'; queue = $server.Queue } + $Jobs))
    $states = if ($State) { @($State) } else { 'waiting', 'active', 'delayed', 'completed', 'failed' }
    $ids = Invoke-Peer @{ do = 'ids'; queue = $server.Queue; states = $states; asc = $true }
    $ids
}

# How many jobs a state has, by the server itself.
function Get-TestCount([string] $State) {
    $counts = if ($server.Process) { Invoke-Server @{ do = 'counts' } } else { Invoke-Peer @{ do = 'counts'; queue = $server.Queue } }
    [int]$counts.$State
}

# Lets a worker go on with a job: to active, completed, failed.
function Move-TestJob([string] $Id, [string] $State, [hashtable] $More = @{}) {
    if ($server.Process) { [void](Invoke-Server (@{ do = 'move'; id = $Id; state = $State } + $More)); return }
    $run = @{ do = 'run'; queue = $server.Queue; count = 1 }
    if ($State -eq 'failed') { $run.reason = $More.reason ?? 'it broke' } else { $run.results = @($More.result ?? @{ done = $true }) }
    [void](Invoke-Peer $run)
}

# What was sent since the last time, as 'METHOD /path?query'; of our own server, the changes in its audit; nothing on Redis.
function Get-Request {
    if ($server.Process) { $seen = Invoke-Server @{ do = 'requests' }; return $seen }
    if ($server.Own -and (Test-Path $server.Audit)) {
        $seen = @(Get-Content -LiteralPath $server.Audit | Select-Object -Skip $server.Read)
        $server.Read += $seen.Count
        $seen
    }
}

# What was sent that changes something.
function Get-ChangeRequest { Get-Request | Where-Object { $_ -notlike 'GET *' } }

function Add-Fault([hashtable] $Fault) { [void](Invoke-Server (@{ do = 'fault' } + $Fault)) }

Export-ModuleMember -Function *-*
