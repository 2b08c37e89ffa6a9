# What becomes of the objects outside the views: job data as objects, CSV, JSON and CLIXML.
BeforeAll { . $PSScriptRoot/_Objects.ps1 }

AfterAll { Remove-Module JobAdmin }

Describe 'job data as objects' {
    It 'gives objects, arrays and values' {
        $jobs[0].Data.to | Should -Be 'a@example.org'
        $jobs[0].Data.user.tags | Should -Be 'a', 'b'
        $jobs[0].Data | Should -BeOfType pscustomobject
        $jobs[0].Data.user.id | Should -BeOfType long
        $jobs[0].Options.attempts | Should -Be 3
    }

    It 'gives null when it was not read' {
        $jobs[0].ReturnValue | Should -BeNull
        $jobs[1].Data | Should -BeNull
    }

    It 'gives the text when it is not JSON' {
        (New-TestJob @{} '{"a":').Data | Should -Be '{"a":'
    }

    It 'takes <json> as ConvertFrom-Json does' -ForEach @(
        '1', '-7', '9223372036854775807', '123456789012345678901234567890', '1.5', '1e3', '"x"', 'true', '[1,[2],{"a":null}]', '{"b":1,"a":{"c":[]}}', '{"a":1,"a":2}' | ForEach-Object { @{ json = $_ } }
    ) {
        $expected = $json | ConvertFrom-Json -NoEnumerate
        $actual = (New-TestJob @{} $json).Data
        , $actual | ConvertTo-Json -Depth 9 -Compress | Should -BeExactly (, $expected | ConvertTo-Json -Depth 9 -Compress)
        $actual.GetType() | Should -Be $expected.GetType()
    }

    It 'holds keys that PowerShell''s own objects can''t' {
        $data = (New-TestJob @{} '{"":1,"a":2,"A":3,"PSObject":4}').Data
        $data.''  | Should -Be 1
        $data.a | Should -Be 2
        $data.A | Should -Be 3
        $data | ConvertTo-Json -Compress | Should -BeExactly '{"":1,"a":2,"A":3,"PSObject":4}'
    }

    It 'keeps the text of dates, and half an emoji' {
        (New-TestJob @{} '"2026-01-02T03:04:05Z"').Data | Should -BeExactly '2026-01-02T03:04:05Z'
        (New-TestJob @{} '"a\ud83d\n"').Data | Should -BeExactly "a$([char]0xd83d)`n"
    }

    It 'takes deep data' {
        $job = New-TestJob @{} ('[' * 900 + ']' * 900)
        , $job.Data | Should -Not -BeNullOrEmpty
        $job | Format-List | Out-String | Should -Match 'Data'
    }
}

Describe 'other forms of output' {
    It 'has no cells in Get-Member and Select-Object' {
        ($jobs[0] | Get-Member).Name | Where-Object { $_ -match 'Cell$' } | Should -BeNullOrEmpty
        ($jobs[0] | Select-Object *).psobject.Properties.Name | Where-Object { $_ -match 'Cell$' } | Should -BeNullOrEmpty
    }

    It 'gives clean CSV of <_>' -ForEach 'jobs', 'queues' {
        $items = Get-Variable $_ -ValueOnly
        $csv = @($items | ConvertTo-Csv)
        $csv[0] | Should -Not -Match 'Cell|Server'
        $csv[0] | Should -Match '"Connection"'
        @($csv | ConvertFrom-Csv).Count | Should -Be ($csv.Count - 1)
    }

    It 'gives clean JSON with the data nested' {
        $json = $jobs[0] | ConvertTo-Json -Depth 5 -EnumsAsStrings
        $json | Should -Not -Match 'Cell"'
        $back = $json | ConvertFrom-Json
        $back.Data.user.tags | Should -Be 'a', 'b'
        $back.State | Should -Be 'Failed'
    }

    It 'comes back from CLIXML with a table of its own' {
        $path = Join-Path $TestDrive jobs.xml
        $jobs | Export-Clixml $path
        $back = Import-Clixml $path
        $back[0].psobject.Properties.Name | Where-Object { $_ -match 'Cell$' } | Should -BeNullOrEmpty
        $back[0].Data.user.tags | Should -Be 'a', 'b'
        $back[0].FinishedOn.UtcDateTime | Should -Be $jobs[0].FinishedOn.UtcDateTime
        ($back | Format-List | Get-Line) -match '^FailedReason : connect' | Should -HaveCount 1
        ($back | Get-Line)[0] | Should -Match '^Id +Name +State +Queue'
    }

    It 'puts every property of <_> into CLIXML' -ForEach 'QueueJob', 'JobQueueInfo', 'JobEvent', 'JobOutcome', 'JobServerConnection', 'JobServerReport' {
        $object = New-Object "JobAdmin.$_"
        $expected = $object.psobject.Properties.Name | Where-Object { $_ -notmatch 'Cell$' } | Sort-Object
        $path = Join-Path $TestDrive object.xml
        $object | Export-Clixml $path
        (Import-Clixml $path).psobject.Properties.Name | Sort-Object | Should -Be $expected
    }

    It 'sorts and groups by raw values' {
        ($queues | Sort-Object Failed -Descending)[0].Name | Should -Be 'paper-generation'
        ($jobs | Group-Object State -NoElement).Name | Should -Contain 'Failed'
        ($queues | Measure-Object Waiting -Sum).Sum | Should -Be 1234579
    }
}
