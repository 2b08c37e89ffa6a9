# Find-Job: one stream of matches over queues and connections.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    Clear-Lab
    [void](Connect-JobServer $lab.Uri -Name c)
    $add = { param($queue, $data, $opts = @{}) Invoke-Peer @{ do = 'add'; queue = $queue; name = 'send'; data = $data; opts = $opts } }
    [void](& $add 'emails' @{ user = @{ id = 42; email = 'ann@example.com' }; done = $true })
    [void](& $add 'emails' @{ user = @{ id = 7; email = 'bob@example.com' }; items = @(@{ sku = 'X-1' }, @{ sku = 'Y-2' }) })
    [void](& $add 'mails' @{ user = @{ id = 42 } } @{ delay = 100000 })
    [void](& $add 'mails' @{ text = 'ann@example.com wrote' } @{ jobId = 'm-1'; priority = 3 })
    function Find { @(Find-Job @args | ForEach-Object { "$($_.Queue)/$($_.Id)" } | Sort-Object) }
}
AfterAll { Stop-Lab }

Describe 'Find-Job' {
    It 'finds text in the data of every queue and state' {
        Find -Data ann@example.com | Should -Be 'emails/1', 'mails/m-1'
        Find -Data 'ANN@*com' | Should -Be 'emails/1', 'mails/m-1'
        Find emails ann@example.com | Should -Be 'emails/1'
        Find -Data nobody | Should -BeNullOrEmpty
    }

    It 'finds values at paths' {
        Find -Data @{ 'user.id' = 42 } | Should -Be 'emails/1', 'mails/1'
        Find -Data '$.user.id=42' | Should -Be 'emails/1', 'mails/1'
        Find -Data @{ 'user.id' = 42; done = $true } | Should -Be 'emails/1'
        Find -Data @{ 'items.sku' = 'y-2' } | Should -Be 'emails/2'
        Find -Data @{ 'items[0].sku' = 'y-2' } | Should -BeNullOrEmpty
        Find -Data '$.user.email=*' | Should -Be 'emails/1', 'emails/2'
        Find -Data '$.user.email' | Should -Be 'emails/1', 'emails/2'
        Get-ErrorId { Find-Job -Data '$.user[' } | Should -Be 'InvalidDataPath'
    }

    It 'finds <_> as New-Job has written it' -ForEach 'a time in UTC', 'a local time', 'a time of no known zone', 'a time with its offset', 'a length of time', 'an address', 'an enum', 'a guid', 'a list', 'an object', 'a number', '$null', '$true' {
        $value = switch ($_) {
            'a time in UTC' { [datetime]::new(2025, 1, 2, 3, 4, 5, [DateTimeKind]::Utc) }
            'a local time' { [datetime]::new(2025, 1, 2, 3, 4, 5, [DateTimeKind]::Local) }
            'a time of no known zone' { [datetime]'2025-01-02 03:04:05' }
            'a time with its offset' { [datetimeoffset]'2025-01-02T03:04:05+02:00' }
            'a length of time' { [timespan]'1.02:03:04' }
            'an address' { [uri]'https://a.example/x?y=[1]*' }
            'an enum' { [System.DayOfWeek]::Friday }
            'a guid' { [guid]'6f9619ff-8b86-d011-b42d-00cf4fc964ff' }
            'a list' { , @(1, 'two') }
            'an object' { [pscustomobject]@{ a = 1; b = 'x' } }
            'a number' { 1.5 }
            '$null' { $null }
            '$true' { $true }
        }
        $id = (New-Job search -Queue written -Data @{ of = @{ it = $value } } -PassThru).NewId
        try { Find -Queue written -Data @{ 'of.it' = $value } | Should -Be "written/$id" }
        finally { Remove-Job $id -Queue written -Confirm:$false }
    }

    It 'finds by id, name, state and time' {
        Find -Id 1 | Should -Be 'emails/1', 'mails/1'
        Find -Id 1 -State delayed | Should -Be 'mails/1'
        Find -Id 'm-*' | Should -Be 'mails/m-1'
        Find -Id 99 | Should -BeNullOrEmpty
        (Find -Name 'S*').Count | Should -Be 4
        (Find -Name send -NewerThan 1h).Count | Should -Be 4
        Find -Name send -OlderThan 1h | Should -BeNullOrEmpty
    }

    It 'cuts limits of time to whole milliseconds, as BullMQ does its times, by id and without' {
        $job = Get-Job 1 -Queue emails
        $time = $job.FinishedOn ?? $job.Timestamp
        foreach ($ticks in 0, 1, 9999) {
            foreach ($id in @{}, @{ Id = '1' }) {
                Find -Queue emails @id -Before $time.AddTicks($ticks) | Should -Not -Contain 'emails/1'
                Find -Queue emails @id -After $time.AddTicks($ticks) | Should -Contain 'emails/1'
            }
        }
        Find -Queue emails -Id 1 -Before $time.AddMilliseconds(1) | Should -Be 'emails/1'
    }

    It 'gives the data that it looked at, and stops at -First' {
        (Find-Job -Data '$.user.id=42' -State waiting).Data.user.email | Should -Be 'ann@example.com'
        @(Find-Job -Name send -First 2).Count | Should -Be 2
        @(Find-Job -Name send | Select-Object -First 1).Count | Should -Be 1
    }

    It 'searches several connections' {
        [void](Connect-JobServer $lab.Uri -Name d -Queue mails)
        (Find-Job -Connection c, d -Id m-1).Connection | Sort-Object | Should -Be 'c', 'd'
        Disconnect-JobServer d
    }

    It 'pipes into what changes jobs' {
        (Find-Job -Data ann@example.com -State prioritized | Stop-Job -Confirm:$false -PassThru).Status | Should -Be 'Stopped'
    }

    It 'refuses a search for nothing and a path that is none' {
        Get-ErrorId { Find-Job } | Should -Be 'SearchMissing'
        Get-ErrorId { Find-Job -Data @{ 'a..b' = 1 } } | Should -Be 'InvalidDataPath'
        Get-ErrorId { Find-Job -State done } | Should -Be 'InvalidState'
    }
}
