# Ages, where the clock of this machine and that of Redis differ; and how times are written.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    # By this way Redis's clock shows two hours more: what has just failed did so two hours ago.
    $way = & (Get-Module _Support) { param($port) Start-Guarded @("$peers/clock.mjs", "$port", '7200') } $lab.Port
    $late = "redis://127.0.0.1:$($way.StandardOutput.ReadLine())"
}
AfterAll {
    $way.StandardInput.Close()
    Stop-Lab
}

Describe 'Ages' {
    BeforeEach {
        Clear-Lab
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 6; names = 'send', 'resize'; reasons = 'SMTP timeout', 'ENOENT' })
        Get-JobServer | Disconnect-JobServer
        [void](Connect-JobServer $late -Name late)
    }

    It 'are reckoned by the clock of Redis where jobs are listed, found, counted and exported' {
        foreach ($with in @(@{ OlderThan = '1h' }, 6), @(@{ OlderThan = '3h' }, 0), @(@{ NewerThan = '1h' }, 0), @(@{ NewerThan = '3h' }, 6)) {
            $age = $with[0]
            @(Get-Job -Queue emails -State failed @age).Count | Should -Be $with[1]
            @(Get-JobQueue | Get-Job -State failed @age).Count | Should -Be $with[1]
            @(Find-Job emails @age).Count | Should -Be $with[1]
            (Get-JobFailure emails @age | Measure-Object Count -Sum).Sum | Should -Be ($with[1] ? $with[1] : $null)
            (Export-Job -Queue emails @age -Path TestDrive:/aged.jsonl -Force -PassThru).Records | Should -Be $with[1]
        }
    }

    It 'of two servers go by the clock of each' {
        [void](Connect-JobServer $lab.Uri -Name right)
        $jobs = Get-Job -Queue emails -State failed -OlderThan 1h -Connection late, right
        $jobs.Count | Should -Be 6
        $jobs.Connection | Select-Object -Unique | Should -Be late
        (Find-Job emails -OlderThan 1h -Connection right, late).Connection | Select-Object -Unique | Should -Be late
    }

    It 'are reckoned by the clock of Redis where jobs are changed: <Command>' -ForEach @(
        @{ Command = 'Remove-Job -Queue emails -State failed' }
        @{ Command = 'Remove-Job -Queue emails -State failed -Checkpoint TestDrive:/r.json' }
        @{ Command = 'Clear-JobQueue emails -State failed' }
        @{ Command = 'Clear-JobQueue emails -State failed -Checkpoint TestDrive:/c.json' }
        @{ Command = 'Invoke-JobRetry -Queue emails -State failed' }
    ) {
        Invoke-Expression "$Command -OlderThan 3h -Confirm:`$false"
        (Invoke-Peer @{ do = 'counts'; queue = 'emails' }).failed | Should -Be 6
        Invoke-Expression "$($Command -replace 'TestDrive:/', 'TestDrive:/second-') -OlderThan 1h -Confirm:`$false"
        (Invoke-Peer @{ do = 'counts'; queue = 'emails' }).failed | Should -Be 0
    }

    It 'are reckoned by the clock of Redis where jobs are copied' {
        (Copy-Job -Queue emails -State failed -Destination old -OlderThan 3h -PassThru).Count | Should -Be 0
        (Copy-Job -Queue emails -State failed -Destination old -OlderThan 1h -PassThru).Count | Should -Be 6
    }
}

Describe 'Times in words' {
    It 'are in the calendar of ISO 8601 in <_>, and read so' -ForEach 'th-TH', 'ar-SA', 'fa-IR', 'en-US' {
        Clear-Lab
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 1 })
        $year = [datetime]::Now.Year
        $culture = "[cultureinfo]::CurrentCulture = '$_'"
        Get-WhatIf "$culture; Invoke-JobRetry -Queue emails -State failed -After '$year-01-01' -WhatIf" | Should -BeLike "*1 failed*from $year-01-01 00:00:00*"
        Get-WhatIf "$culture; Invoke-JobRetry -Queue emails -State failed -After '$($year + 1)-01-01' -WhatIf" | Should -BeNullOrEmpty
        Get-WhatIf "$culture; Set-JobScheduler daily -Queue emails -Every 1h -WhatIf" | Should -Match 'next run 20\d\d-\d\d-\d\d \d\d:'
    }
}
