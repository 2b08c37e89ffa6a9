# Get-, Use-, Disconnect- and Test-JobServer.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
}
AfterAll { Stop-Lab }

Describe 'Connections' {
    BeforeEach {
        Get-JobServer | Disconnect-JobServer
        $a = Connect-JobServer $lab.Uri -Name alpha
        $b = Connect-JobServer $lab.Uri -Name beta
    }

    It 'lists them by name' {
        (Get-JobServer).Name | Should -Be 'alpha', 'beta'
        (Get-JobServer a*).Name | Should -Be 'alpha'
        (Get-JobServer -Current).Name | Should -Be 'beta'
        Get-JobServer z* | Should -BeNullOrEmpty
    }

    It 'names the ones there are when one is not' {
        $record = Get-ErrorOf { Get-JobServer gamma }
        $record.FullyQualifiedErrorId | Should -BeLike 'ConnectionNotFound,*'
        $record.ErrorDetails.RecommendedAction | Should -BeLike '*alpha, beta*'
        Get-ErrorId { Get-JobQueue -Connection gamma } | Should -Be 'ConnectionNotFound'
    }

    It 'makes one the current one' {
        Use-JobServer alpha | Should -BeNullOrEmpty
        (Get-JobServer -Current).Name | Should -Be 'alpha'
        ($b | Use-JobServer -PassThru).Name | Should -Be 'beta'
        Get-ErrorId { Use-JobServer gamma } | Should -Be 'ConnectionNotFound'
        Get-ErrorId { Use-JobServer * } | Should -Be 'ConnectionAmbiguous'
    }

    It 'closes them, and the newest of the others becomes current' {
        Disconnect-JobServer
        $b.IsClosed | Should -BeTrue
        (Get-JobServer -Current).Name | Should -Be 'alpha'
        Get-ErrorId { Get-JobQueue -Connection $b } | Should -Be 'ConnectionClosed'
        Get-ErrorId { Use-JobServer $b } | Should -Be 'ConnectionClosed'
        $a | Disconnect-JobServer
        Get-ErrorId { Get-JobQueue } | Should -Be 'NotConnected'
        Get-ErrorId { Disconnect-JobServer } | Should -Be 'NotConnected'
        Get-ErrorId { Disconnect-JobServer gamma } | Should -Be 'ConnectionNotFound'
        Disconnect-JobServer g*
    }

    It 'says how to connect' {
        Get-JobServer | Disconnect-JobServer
        (Get-ErrorOf { Get-JobQueue }).ErrorDetails.RecommendedAction | Should -BeLike '*Connect-JobServer*REDIS_URL*'
    }
}

Describe 'Test-JobServer' {
    BeforeAll {
        Get-JobServer | Disconnect-JobServer
        [void](Connect-JobServer $lab.Uri -Name c)
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; waiting = 1 })
        [void](Invoke-Peer @{ do = 'seed'; queue = 'chat'; waiting = 1; lib = 'bullmq5' })
    }

    It 'reports how the server is' {
        $report = Test-JobServer
        $report | Should -BeOfType JobAdmin.JobServerReport
        $report.Reachable | Should -BeTrue
        $report.RoundTrip | Should -BeGreaterThan ([timespan]::Zero)
        $report.Queues | Should -Be 2
        $report.Layouts.Count | Should -Be 2
        $report.MaxMemoryPolicy | Should -Be 'noeviction'
        $report.Role | Should -Be 'master'
        Test-JobServer -Quiet | Should -BeTrue
        (Get-JobServer | Test-JobServer).Connection | Should -Be 'c'
    }

    It 'warns of a memory policy under which jobs vanish' {
        [void](Invoke-Redis config set maxmemory-policy allkeys-lru)
        try {
            $report = Test-JobServer
            $report.Healthy | Should -BeFalse
            $report.Warnings | Should -BeLike '*noeviction*'
            Test-JobServer -Quiet | Should -BeFalse
        }
        finally { [void](Invoke-Redis config set maxmemory-policy noeviction) }
    }

    It 'reports a server that is gone as not reachable' {
        $other = Start-TestRedis
        [void](Connect-JobServer $other.Uri -Name gone)
        Stop-TestRedis $other
        $report = Test-JobServer -Connection gone
        $report.Reachable | Should -BeFalse
        $report.Warnings | Should -Not -BeNullOrEmpty
    }
}
