# What an operator's session lives through when the server is killed, is full, or is a replica: nothing is lost, and each job has one honest outcome.
# (tests/client/Faults does the same many times at random places.)
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab '--appendonly', 'yes', '--appendfsync', 'always'
    $folder = [IO.Directory]::CreateTempSubdirectory('jobadmin-faults-').FullName
    $port = Get-FreePort
    $options = '--appendonly', 'yes', '--appendfsync', 'always', '--dir', $folder
    $redis = Start-TestRedis $options $port

    function Invoke-There { Invoke-Peer @{ do = 'redis'; port = $port; args = $args } }
    # kill -9, a moment without a server, and the same again on its append-only file.
    function Restart-There {
        $id = [int]((Invoke-There info server) -replace '(?s).*process_id:(\d+).*', '$1')
        [void](Invoke-Peer @{ do = 'close'; port = $port })
        Stop-Process -Id $id -Force
        [void]$redis.Process.WaitForExit(5000)
        Start-Sleep -Milliseconds 300
        $script:redis = Start-TestRedis $options $port
        foreach ($i in 1..200) { try { if ((Invoke-There ping) -eq 'PONG') { return } } catch { Start-Sleep -Milliseconds 50 } }
    }
    function Add-Job([string] $State, [int] $Count) {
        [void](Invoke-There flushall)
        [void](Invoke-There hset bull:q:meta version bullmq:6.7.0)
        foreach ($from in 0..([int]($Count / 1000) - 1)) {
            [void](Invoke-There eval "for i = $($from * 1000) + 1, $(($from + 1) * 1000) do redis.call('HSET', 'bull:q:' .. i, 'name', 'job', 'data', '{}', 'opts', '{}', 'timestamp', 1700000000000, 'finishedOn', 1700000000000 + i, 'atm', 1, 'failedReason', 'boom') redis.call('ZADD', 'bull:q:$State', 1700000000000 + i, i) end" 0)
        }
    }
    # Starts a script in a session of its own, connected as `it`.
    function Start-Session([string] $Script) {
        $shell = [powershell]::Create()
        [void]$shell.AddScript("Import-Module '$(Get-Manifest)'; Connect-JobServer redis://127.0.0.1:$port -Name it -Timeout 10s | Out-Null; $Script")
        $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
        [pscustomobject]@{ Shell = $shell; Output = $output; Handle = $shell.BeginInvoke([System.Management.Automation.PSDataCollection[psobject]]::new(), $output) }
    }
    function Wait-Until([scriptblock] $Condition, [int] $Seconds = 60) {
        $watch = [Diagnostics.Stopwatch]::StartNew()
        while (-not (& $Condition)) {
            if ($watch.Elapsed.TotalSeconds -gt $Seconds) { throw "waited in vain for $Condition" }
            Start-Sleep -Milliseconds 10
        }
    }
}
AfterAll {
    Get-JobServer | Disconnect-JobServer
    Stop-TestRedis $redis
    Stop-Lab
    Remove-Item $folder -Recurse -Force -ErrorAction Ignore
}

Describe 'A server that is killed and comes back' {
    It 'leaves one honest outcome a job in a retry, and every job in one state' {
        Add-Job failed 8000
        $session = Start-Session 'Get-Job -Queue q -State failed | Invoke-JobRetry -PassThru -Confirm:$false'
        Wait-Until { [int](Invoke-There llen bull:q:wait) -gt 300 }
        $before = [int](Invoke-There zcard bull:q:failed)
        $before | Should -BeGreaterThan 0
        Restart-There
        Wait-Until { $session.Handle.IsCompleted }
        $outcomes = $session.Output
        $outcomes.Id | Sort-Object -Unique | Should -HaveCount $outcomes.Count
        $outcomes.Count | Should -Be 8000
        $waiting = [Collections.Generic.HashSet[string]]::new([string[]]@(Invoke-There lrange bull:q:wait 0 -1 | ForEach-Object { $_ }))
        $failed = [Collections.Generic.HashSet[string]]::new([string[]]@(Invoke-There zrange bull:q:failed 0 -1 | ForEach-Object { $_ }))
        $waiting.Count + $failed.Count | Should -Be 8000
        $waiting.Overlaps($failed) | Should -BeFalse
        $wrong = $outcomes | Where-Object { $_.Status -eq 'Retried' -and -not $waiting.Contains($_.Id) -or $_.Status -in 'NotChanged', 'Refused' -and -not $failed.Contains($_.Id) }
        $wrong | Should -BeNullOrEmpty
        @($outcomes | Where-Object Status -EQ Retried).Count | Should -BeGreaterThan 7000
        $session.Shell.Dispose()
    }

    It 'leaves no hole and no double in a listing' {
        Add-Job failed 8000
        $session = Start-Session 'Get-Job -Queue q -State failed | ForEach-Object { $_.Id }'
        Wait-Until { $session.Output.Count -gt 500 }
        Restart-There
        Wait-Until { $session.Handle.IsCompleted }
        $session.Shell.Streams.Error | Should -BeNullOrEmpty
        $session.Output.Count | Should -Be 8000
        $session.Output | Sort-Object -Unique | Should -HaveCount 8000
        $session.Shell.Dispose()
    }

    It 'lets a watch go on without a gap' {
        Add-Job failed 1000
        $session = Start-Session 'Watch-JobEvent q -Count 3 -Timeout 60'
        Wait-Until { [void](Invoke-There xadd bull:q:events '*' event first jobId 1); Start-Sleep -Milliseconds 50; $session.Output.Count -gt 0 }
        Restart-There
        foreach ($i in 1..3) { [void](Invoke-There xadd bull:q:events '*' event later jobId 2) }
        Wait-Until { $session.Handle.IsCompleted }
        $session.Output.Count | Should -Be 3
        $session.Output | Where-Object IsGap | Should -BeNullOrEmpty
        $session.Shell.Streams.Error | Should -BeNullOrEmpty
        $session.Shell.Dispose()
    }

    It 'lets a watch say what is missing when it came back with nothing' {
        Add-Job failed 1000
        foreach ($i in 1..20) { [void](Invoke-There xadd bull:q:events '*' event first jobId 1) }
        $session = Start-Session 'Watch-JobEvent q -From start -Count 21 -Timeout 60'
        Wait-Until { $session.Output.Count -ge 20 }
        [void](Invoke-There flushall)
        [void](Invoke-There hset bull:q:meta version bullmq:6.7.0)
        [void](Invoke-There xadd bull:q:events '1-1' event later jobId 2)
        Wait-Until { $session.Handle.IsCompleted }
        @($session.Output)[20].IsGap | Should -BeTrue
        @($session.Output)[21].Event | Should -Be 'later'
        $session.Shell.Dispose()
    }
}

Describe 'A server that takes no writes' {
    BeforeEach { Add-Job failed 1000 }
    AfterEach {
        [void](Invoke-There config set maxmemory 0)
        [void](Invoke-There replicaof no one)
    }

    It 'is told from others, and what is said to be changed is: <Id>' -ForEach @(
        @{ Id = 'OutOfMemory'; How = 'config set maxmemory 1' }
        @{ Id = 'ReadOnlyReplica'; How = 'replicaof 127.0.0.1 1' }
    ) {
        [void](Connect-JobServer "redis://127.0.0.1:$port" -Name here -Timeout 3s)
        $words = -split $How
        [void](Invoke-There @words)
        $refused = Get-ErrorOf { New-Job x -Queue q }
        "$($refused.FullyQualifiedErrorId) $refused" | Should -Match 'JobRefused.*(no memory left|read-only replica)'
        # A full Redis lets a script go on that has taken something away first, as the one that retries does.
        $outcomes = Invoke-JobRetry 1, 2, 3 -Queue q -PassThru -ErrorAction SilentlyContinue -Confirm:$false
        $waiting = @(Invoke-There lrange bull:q:wait 0 -1 | ForEach-Object { $_ })
        @($outcomes | Where-Object Status -EQ Retried).Id | Sort-Object | Should -Be @($waiting | Sort-Object)
        $waiting.Count + [int](Invoke-There zcard bull:q:failed) | Should -Be 1000
        if ($Id -eq 'ReadOnlyReplica') {
            Get-ErrorId { Clear-JobQueue q -State failed -Confirm:$false } | Should -Be $Id
            $waiting | Should -BeNullOrEmpty
        }
    }

    It 'that has lost its scripts, or is held up by one, is waited for' {
        [void](Connect-JobServer "redis://127.0.0.1:$port" -Name here -Timeout 10s)
        [void](Invoke-There config set busy-reply-threshold 30)
        [void](Invoke-There script flush)
        (Invoke-JobRetry 1 -Queue q -PassThru -Confirm:$false).Status | Should -Be 'Retried'
        # Held up for a second by somebody's script, on a connection of its own.
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $port)
        $busy = "local t = redis.call('TIME') local e = t[1] * 1000 + t[2] / 1000 + 1000 while true do local n = redis.call('TIME') if n[1] * 1000 + n[2] / 1000 > e then return 1 end end"
        $bytes = [Text.Encoding]::ASCII.GetBytes("*3`r`n`$4`r`nEVAL`r`n`$$($busy.Length)`r`n$busy`r`n`$1`r`n0`r`n")
        $client.GetStream().Write($bytes)
        Start-Sleep -Milliseconds 100
        (Invoke-JobRetry 2 -Queue q -PassThru -Confirm:$false).Status | Should -Be 'Retried'
        $client.Dispose()
    }
}

Describe 'What is sent while more comes from the pipeline' {
    It 'is not lost without a word when it ends with an error that nobody expected' {
        Add-Type -TypeDefinition @'
using System; using System.Collections.Generic; using System.Threading; using System.Threading.Tasks;
public static class OddServer {
    public static Task<IReadOnlyList<string>> Send(IReadOnlyList<string> items, CancellationToken token) => throw new ArgumentException("odd");
    public static Task Start(Func<CancellationToken, Task> body) => Task.Run(() => body(CancellationToken.None));
}
'@
        $type = (Get-Command New-Job -Module JobAdmin).ImplementingType.Assembly.GetType('JobAdmin.Base.BatchPump`2').MakeGenericType([string], [string])
        $send, $start = $type.GetConstructors()[0].GetParameters()[2, 3].ParameterType
        $pump = [Activator]::CreateInstance($type, @(10, $null, [OddServer].GetMethod('Send').CreateDelegate($send), [OddServer].GetMethod('Start').CreateDelegate($start)))
        $pump.Add('one')
        Wait-Until { $pump.Work.IsCompleted } 10
        { $pump.ThrowFailure() } | Should -Throw '*odd*'
    }
}
