# Connect-JobServer on real servers, good and bad.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    $locked = Start-TestRedis '--requirepass', 'Pa55/w@rd:x'
}
AfterAll {
    Stop-TestRedis $locked
    Stop-Lab
}
Describe 'Connect-JobServer' {
    AfterEach { Get-JobServer | Disconnect-JobServer }

    It 'takes <Given> as an address' -ForEach @(
        @{ Given = 'redis://127.0.0.1:{0}'; Name = '127.0.0.1:{0}' }
        @{ Given = '127.0.0.1:{0}'; Name = '127.0.0.1:{0}' }
        @{ Given = 'redis://127.0.0.1:{0}/3'; Name = '127.0.0.1:{0}/3' }
        @{ Given = 'localhost:{0}/'; Name = 'localhost:{0}' }
        @{ Given = 'redis://127.0.0.1:{0}?family=4&db=3'; Name = '127.0.0.1:{0}/3' }
        @{ Given = 'redis://127.0.0.1:{0}/2?db=3'; Name = '127.0.0.1:{0}/2' }
        @{ Given = 'redis://127.0.0.1:{0},127.0.0.1:{0}'; Name = '127.0.0.1:{0}' }
        @{ Given = 'localhost:{0}, LOCALHOST:{0}'; Name = 'localhost:{0}' }
    ) {
        $connection = Connect-JobServer ($Given -f $lab.Port)
        $connection | Should -BeOfType JobAdmin.JobServerConnection
        $connection.Name | Should -Be ($Name -f $lab.Port)
        $connection.Kind | Should -Be 'Redis'
    }

    It 'takes the address from $env:REDIS_URL' {
        $env:REDIS_URL = $lab.Uri
        try { (Connect-JobServer).Name | Should -Be "127.0.0.1:$($lab.Port)" } finally { $env:REDIS_URL = $null }
    }

    It 'names a certificate that is not there' {
        { Connect-JobServer $lab.Uri -CertificateAuthority "$TestDrive/none.pem" } | Should -Throw '*There is no certificate at *none.pem*'
    }

    It 'says what to do when there is no address at all' {
        $env:REDIS_URL = $null
        $record = Get-ErrorOf { Connect-JobServer }
        $record.FullyQualifiedErrorId | Should -BeLike 'AddressMissing,*'
        $record.ErrorDetails.RecommendedAction | Should -BeLike '*REDIS_URL*'
    }

    It 'names a connection after what tells it from others' {
        (Connect-JobServer $lab.Uri -Prefix '{app}').Name | Should -Be "127.0.0.1:$($lab.Port)/{app}"
        (Connect-JobServer $lab.Uri -Name prod).Name | Should -Be 'prod'
    }

    It 'makes the newest connection the current one and closes one of the same name' {
        $first = Connect-JobServer $lab.Uri -Name a
        $second = Connect-JobServer $lab.Uri -Name a
        $first.IsClosed | Should -BeTrue
        (Get-JobServer).Count | Should -Be 1
        Get-JobServer -Current | Should -Be $second
    }

    It 'logs in with <What>' -ForEach @(
        @{ What = 'the password in the address'; Parameters = @{ Uri = 'redis://:Pa55%2Fw%40rd:x@127.0.0.1:{0}' } }
        @{ What = 'a password written without escapes'; Parameters = @{ Uri = 'redis://:Pa55/w@rd:x@127.0.0.1:{0}' } }
        @{ What = 'user and password in the address'; Parameters = @{ Uri = 'redis://default:Pa55/w@rd:x@127.0.0.1:{0}/0' } }
        @{ What = 'a password among the options'; Parameters = @{ Uri = 'redis://127.0.0.1:{0}?password=Pa55%2Fw%40rd:x' } }
        @{ What = 'user and password among the options'; Parameters = @{ Uri = 'redis://127.0.0.1:{0}/0?username=default&password=Pa55%2Fw%40rd:x' } }
        @{ What = 'a credential'; Parameters = @{ Uri = '127.0.0.1:{0}'; Credential = [pscredential]::new('default', (ConvertTo-SecureString 'Pa55/w@rd:x' -AsPlainText)) } }
        @{ What = 'a credential before the address'; Parameters = @{ Uri = 'redis://:wrong@127.0.0.1:{0}'; Credential = [pscredential]::new('default', (ConvertTo-SecureString 'Pa55/w@rd:x' -AsPlainText)) } }
        @{ What = 'a key as SecureString'; Parameters = @{ Uri = '127.0.0.1:{0}'; Key = ConvertTo-SecureString 'Pa55/w@rd:x' -AsPlainText } }
        @{ What = 'a key as text'; Parameters = @{ Uri = '127.0.0.1:{0}'; Key = 'Pa55/w@rd:x' } }
    ) {
        $Parameters.Uri = $Parameters.Uri -f $locked.Port
        (Connect-JobServer @Parameters).Endpoint | Should -Be "redis://127.0.0.1:$($locked.Port)"
    }

    It 'refuses <Given> as an address' -ForEach @(
        @{ Given = 'ftp://127.0.0.1:1' }
        @{ Given = 'redis://' }
        @{ Given = 'redis://127.0.0.1:6379/x' }
        @{ Given = 'redis://127.0.0.1:99999' }
        @{ Given = 'redis://127.0.0.1:6379?db=x' }
        @{ Given = 'a b c' }
    ) {
        Get-ErrorId { Connect-JobServer $Given } | Should -Be 'InvalidAddress'
    }

    It 'refuses an HTTP address with a key in it, and does not show it' {
        $record = Get-ErrorOf { Connect-JobServer 'http://127.0.0.1:1/api?key=T0psecret' }
        $record.FullyQualifiedErrorId | Should -BeLike 'InvalidAddress*'
        "$record" | Should -BeLike '*http://127.0.0.1:1/api can''t be used*-Key*'
        "$record$($record.ErrorDetails)" | Should -Not -BeLike '*T0psecret*'
    }

    It 'shows no password whose host was left out' {
        $record = Get-ErrorOf { Connect-JobServer redis://worker:T0psecret }
        $record.FullyQualifiedErrorId | Should -BeLike 'InvalidAddress*'
        "$record" | Should -BeLike '*worker:`*`*`*''*stand before an @*'
        "$record" | Should -Not -BeLike '*T0psecret*'
    }

    It 'says within <Limit> s that <What>' -ForEach @(
        @{ What = 'nobody listens'; Id = 'ConnectionFailed'; Uri = { 'redis://127.0.0.1:1' }; Limit = 3 }
        @{ What = 'a password is needed'; Id = 'AuthenticationRequired'; Uri = { $locked.Uri }; Limit = 3 }
        @{ What = 'the password is wrong'; Id = 'AuthenticationFailed'; Uri = { "redis://:no@127.0.0.1:$($locked.Port)" }; Limit = 3 }
    ) {
        $address = & $Uri
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $record = Get-ErrorOf { Connect-JobServer $address }
        $watch.Elapsed.TotalSeconds | Should -BeLessThan $Limit
        $record.FullyQualifiedErrorId | Should -BeLike "$Id,*"
        $record.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        Get-JobServer | Should -BeNullOrEmpty
    }

    It 'says that a database is not there, and which ones are' {
        $record = Get-ErrorOf { Connect-JobServer "$($lab.Uri)/99" }
        $record.FullyQualifiedErrorId | Should -BeLike 'DatabaseNotFound,*'
        $record.Exception | Should -BeOfType JobAdmin.JobServerException
        "$record" | Should -BeLike '*database 99*'
        $record.ErrorDetails.RecommendedAction | Should -BeLike '*0 to 15*'
        Get-ErrorId { Connect-JobServer "$($lab.Uri),localhost:$($lab.Port)/99" } | Should -Be 'DatabaseNotFound'
        Get-JobServer | Should -BeNullOrEmpty
        (Connect-JobServer "$($lab.Uri)/15" | Test-JobServer).Reachable | Should -BeTrue
    }

    It 'says that a user may not go to another database' {
        [void](Invoke-Redis acl setuser homely on '>Pa55/w@rd:x' '~*' '+@all' -select)
        $record = Get-ErrorOf { Connect-JobServer "redis://homely:Pa55%2Fw%40rd:x@127.0.0.1:$($lab.Port)/3" }
        $record.FullyQualifiedErrorId | Should -BeLike 'AccessDenied,*'
        "$record" | Should -BeLike '*SELECT 3*'
        (Connect-JobServer "redis://homely:Pa55%2Fw%40rd:x@127.0.0.1:$($lab.Port)" | Test-JobServer).Reachable | Should -BeTrue
    }

    It 'gives up after -Timeout when nothing answers' {
        # A listener that never says a word.
        $silent = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $silent.Start()
        try {
            $watch = [Diagnostics.Stopwatch]::StartNew()
            Get-ErrorId { Connect-JobServer "127.0.0.1:$($silent.LocalEndpoint.Port)" -Timeout 0.5 } | Should -BeIn 'ConnectionTimeout', 'ConnectionFailed', 'Timeout'
            $watch.Elapsed.TotalSeconds | Should -BeLessThan 2
        }
        finally { $silent.Stop() }
    }

    It 'refuses a change on a -ReadOnly connection before anything is sent' {
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 2 })
        [void](Connect-JobServer $lab.Uri -ReadOnly)
        $before = Get-Keyspace
        Get-ErrorId { Get-Job -Queue emails -State failed | Invoke-JobRetry -ErrorAction Stop } | Should -Be 'ReadOnlyConnection'
        Get-ErrorId { Suspend-JobQueue emails -ErrorAction Stop } | Should -Be 'ReadOnlyConnection'
        Get-Keyspace | Should -Be $before
    }

    It 'accepts lengths of time and refuses what is none' {
        (Connect-JobServer $lab.Uri -Timeout 500ms).Name | Should -Not -BeNullOrEmpty
        Get-ErrorId { Connect-JobServer $lab.Uri -Timeout soon } | Should -Be 'ParameterArgumentTransformationError'
        Get-ErrorId { Connect-JobServer $lab.Uri -Timeout 0 } | Should -Be 'InvalidTimeout'
    }

    It 'refuses a length of time that no timer can wait' {
        Get-ErrorId { Connect-JobServer $lab.Uri -Timeout ([timespan]::MaxValue) } | Should -Be 'ParameterArgumentTransformationError'
        Get-ErrorId { Connect-JobServer $lab.Uri -Timeout 30d } | Should -Be 'InvalidTimeout'
    }

    It 'refuses a header without a value' {
        Get-ErrorId { Connect-JobServer 'http://127.0.0.1:1' -Header @{ 'X-Key' = $null } } | Should -Be 'InvalidHeader'
    }

    It 'does not take Redis for an HTTP API, to which a key would go' {
        $env:ADMIN_PASSWORD = 'not-for-redis'
        try { Get-ErrorId { Connect-JobServer $locked.Uri -Api BioAgents } | Should -Be 'InvalidAddress' } finally { $env:ADMIN_PASSWORD = $null }
    }

    It 'shows no password that stands in <Where>' -ForEach @(
        @{ Where = 'the options of an address'; Line = 'Connect-JobServer "redis://127.0.0.1:{0}?password=hunter2&db=1"' }
        @{ Where = 'the options of an address that can not be read'; Line = 'Connect-JobServer "redis://127.0.0.1:x?password=hunter2"' }
        @{ Where = 'a credential made on the spot'; Line = 'Connect-JobServer 127.0.0.1:{0} -Credential ([pscredential]::new("default", (ConvertTo-SecureString hunter2 -AsPlainText)))' }
    ) {
        $record = Get-ErrorOf ([scriptblock]::Create($Line -f $locked.Port))
        $record | Should -Not -BeNullOrEmpty
        $record.InvocationInfo.PositionMessage, ($record | Out-String), ($record.Exception | Format-List -Force | Out-String) | Should -Not -BeLike '*hunter2*'
    }

    It 'takes an empty credential for none' {
        (Connect-JobServer $lab.Uri -Credential ([pscredential]::Empty)).Name | Should -Not -BeNullOrEmpty
    }

    It 'says that a time zone is none' {
        Get-ErrorId { Connect-JobServer $lab.Uri -TimeZone Nowhere/Land } | Should -Be 'InvalidTimeZone'
    }
}

Describe 'Secrets' {
    It 'never shows a password, whatever is asked to be shown' {
        $script = @'
            $VerbosePreference = $DebugPreference = 'Continue'
            Connect-JobServer 'redis://:Pa55/w@rd:x@127.0.0.1:{0}' -Name good | Format-List * -Force
            Get-JobServer | ConvertTo-Json -Depth 5
            Get-JobQueue
            try { Connect-JobServer 'redis://:Pa55/w@rd:xNOT@127.0.0.1:{0}' -Name bad } catch {
                $_ | Format-List * -Force; $_.InvocationInfo | Format-List * -Force; $_.Exception | Format-List * -Force; Get-Error $_ | Out-String; "$_"
                $_.InvocationInfo.BoundParameters | Out-String; $_ | ConvertTo-Json -Depth 3 -WarningAction Ignore }
            try { Connect-JobServer 'redis://:Pa55/w@rd:xNOT@127.0.0.1:{0}/nonsense' } catch { $_ | Format-List * -Force; $_.InvocationInfo | Format-List * -Force }
            try { Connect-JobServer 'ftp://me:Pa55/w@rd:xNOT@127.0.0.1' } catch { $_ | Format-List * -Force; $_.InvocationInfo | Format-List * -Force }
            $Error | Format-List * -Force
'@ -replace '\{0\}', $locked.Port
        $file = Join-Path $TestDrive secret.ps1
        "Import-Module '$(Get-Manifest)'`n$script" | Set-Content $file
        $shown = pwsh -NoProfile -NonInteractive -File $file *>&1 | Out-String -Width 10000
        $shown | Should -Match 'AuthenticationFailed'
        $shown | Should -Not -Match 'Pa55'
    }

    It 'never writes a password to the audit, to a file of its own, or into the list of processes' {
        $audit = "$TestDrive/audit.jsonl"
        [void](Connect-JobServer "redis://:Pa55%2Fw%40rd:x@127.0.0.1:$($locked.Port)" -Name audited -AuditPath $audit)
        New-Job send -Queue audited
        Export-Job -Queue audited -IncludeQueue -Path "$TestDrive/export.jsonl"
        Disconnect-JobServer audited
        (Get-Content $audit).Count | Should -BeGreaterThan 0
        Get-Content $audit, "$TestDrive/export.jsonl" | Should -Not -Match 'Pa55'
        # But for the server itself, which the test started with it.
        Get-Process | Where-Object { $_.CommandLine -match 'Pa55' -and $_.CommandLine -notmatch 'redis-server' } | Should -BeNullOrEmpty
    }

    It 'never shows a key or a header' {
        $shown = try { Connect-JobServer http://127.0.0.1:1/api -Api BioAgents -Key T0psecret -Header @{ 'X-Host' = 'T0psecret2' } } catch {
            $_ | Format-List * -Force | Out-String; $_.InvocationInfo | Format-List * -Force | Out-String; Get-Error $_ | Out-String }
        $shown | Should -Not -Match 'T0psecret'
    }
}
