# Jobs and queues that are made here, so that they can be as odd as needed, with the module that they come from. To be dot-sourced.
Import-Module $PSScriptRoot/_Support.psm1 -Force
$manifest = Get-Item (Get-Manifest)
Import-Module $manifest -Force
$formats = Join-Path $manifest.Directory formats
$now = [DateTimeOffset]::UtcNow
$inner = [Reflection.BindingFlags]'Instance, NonPublic'

function New-TestJob([hashtable] $Property, [string] $Data, [string] $Options, [string] $ReturnValue) {
    foreach ($default in 'Queue=emails', 'Id=1') {
        $key, $value = $default -split '='
        if (-not $Property.ContainsKey($key)) { $Property[$key] = $value }
    }
    $job = [JobAdmin.QueueJob]$Property
    foreach ($field in 'Data', 'Options', 'ReturnValue') {
        $text = Get-Variable $field -ValueOnly
        if ($text) { [JobAdmin.QueueJob].GetProperty("Raw$field", $inner).SetValue($job, [ReadOnlyMemory[byte]][Text.Encoding]::UTF8.GetBytes($text)) }
    }
    $job
}

function New-TestQueue([hashtable] $Property, [hashtable] $Counts) {
    $queue = [JobAdmin.JobQueueInfo]$Property
    [JobAdmin.JobQueueInfo].GetProperty('Counts', $inner).SetValue($queue, [JobAdmin.JobCounts]$Counts)
    $queue
}

# Lines as they stand on a screen of a width, without the empty ones.
function Get-Line([int] $Width = 80) {
    ($input | Out-String -Width $Width) -split '\r?\n' | Where-Object { $_.Trim() }
}

$jobs = @(
    New-TestJob @{ Id = '1041'; Name = 'send-welcome-email'; State = 'Failed'; AttemptsMade = 3; Attempts = 3; FinishedOn = $now.AddMinutes(-3.5)
        ProcessedOn = $now.AddMinutes(-3.5).AddMilliseconds(-431); Timestamp = $now.AddMinutes(-10); FailedReason = "connect ECONNREFUSED 127.0.0.1:25`n    at afterConnect" } '{"to":"a@example.org","user":{"id":12,"tags":["a","b"]}}' '{"attempts":3}'
    New-TestJob @{ Id = '3f2b8a1c-4f1d-4c6e-9a11-0b8f63f0c111'; Name = 'resize'; State = 'Active'; Attempts = 0; Progress = 62; ProcessedOn = $now.AddSeconds(-12.5) }
    New-TestJob @{ Id = 'repeat:nightly:1700000000000'; Name = 'digest'; State = 'Delayed'; AttemptsMade = 1; Attempts = 5; DelayUntil = $now.AddHours(3.1); FailedReason = 'SMTP 451' }
    New-TestJob @{ Queue = 'papers'; Id = '7'; Name = 'assemble'; State = 'WaitingChildren'; Attempts = 1; Timestamp = $now.AddDays(-400) }
    New-TestJob @{ Queue = 'papers'; Id = '8'; Name = 'render'; State = 'Completed'; AttemptsMade = 1; Attempts = 1; ProcessedOn = $now.AddMinutes(-3.5); FinishedOn = $now.AddMinutes(-3.5).AddMilliseconds(1431) }
)
$queues = @(
    New-TestQueue @{ Name = 'chat'; Workers = 2; Version = 'bullmq:6.7.0'; Layout = 'BullMq6'; OldestWaiting = [timespan]'0:3:10' } @{ Waiting = 12; Active = 2; Prioritized = 0; Delayed = 3; Failed = 40; Completed = 1234 }
    New-TestQueue @{ Name = 'deep-research'; Workers = 1; Version = 'bullmq:5.81.5'; Layout = 'BullMq5'; IsPaused = $true } @{ Waiting = 0; Paused = 1200; Failed = 0; Completed = 0 }
    New-TestQueue @{ Name = 'paper-generation'; Workers = 0; Layout = 'BullMq4'; Warnings = [string[]]'No worker is connected.' } @{ Waiting = 1234567; Failed = 1234567; Completed = 9; Active = 0; Prioritized = 1; Delayed = 3; WaitingChildren = 2 }
)
