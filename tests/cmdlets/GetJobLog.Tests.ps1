# Get-JobLog, on logs that BullMQ wrote.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    function Add-Line([string] $Id, [string[]] $Text) { foreach ($line in $Text) { [void](Invoke-Peer @{ do = 'log'; queue = 'emails'; id = $Id; args = @($line) }) } }
}
AfterAll { Stop-Lab }

Describe 'Get-JobLog' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'emails'; count = 2 })
        Add-Line 1 (1..7 | ForEach-Object { "line $_" })
    }

    It 'writes the lines of a job, oldest first' {
        $lines = Get-JobLog 1 -Queue emails
        $lines.Text | Should -Be (1..7 | ForEach-Object { "line $_" })
        $lines[2].Number, $lines[2].Id, $lines[2].Queue | Should -Be 3, '1', 'emails'
        "$($lines[0])" | Should -Be 'line 1'
        Get-JobLog 2 -Queue emails | Should -BeNullOrEmpty
    }

    It 'writes the last, the first, or those in between' {
        (Get-JobLog 1 -Queue emails -Last 2).Text | Should -Be 'line 6', 'line 7'
        (Get-JobLog 1 -Queue emails -First 2).Text | Should -Be 'line 1', 'line 2'
        (Get-JobLog 1 -Queue emails -Skip 2 -First 2).Number | Should -Be 3, 4
        Get-ErrorId { Get-JobLog 1 -Queue emails -Last 2 -First 1 } | Should -Be ParameterConflict
        (Get-JobLog 1 -Queue emails -IncludeTotalCount | Select-Object -First 1).ToString() | Should -BeLike '*7*'
    }

    It 'takes jobs from the pipeline' {
        (Get-Job -Queue emails | Get-JobLog -Last 1).Text | Should -Be 'line 7'
    }

    It 'reads a long log in pages' {
        [void](Invoke-Redis eval 'for i = 1, 2345 do redis.call("RPUSH", "bull:emails:2:logs", "l" .. i) end' 0)
        $lines = Get-JobLog 2 -Queue emails
        $lines.Count | Should -Be 2345
        $lines[-1].Text | Should -Be l2345
    }

    It 'makes an error of a job that is not there' {
        Get-ErrorId { Get-JobLog 99 -Queue emails } | Should -Be JobNotFound
    }

    It 'follows a running job to its end' {
        [void](Invoke-Peer @{ do = 'startWorker'; queue = 'live'; behave = @{ log = 'a', 'b'; ms = 700 } })
        [void](Invoke-Peer @{ do = 'add'; queue = 'live' })
        $watch = [Diagnostics.Stopwatch]::StartNew()
        (Get-JobLog 1 -Queue live -Wait).Text | Should -Be a, b
        $watch.ElapsedMilliseconds | Should -BeGreaterThan 300
        (Invoke-Peer @{ do = 'getJob'; queue = 'live'; id = '1' }).state | Should -Be completed
    }

    It 'shows what a terminal would obey as pictures' {
        Add-Line 2 "a$([char]27)[31mred"
        Get-JobLog 2 -Queue emails | Out-String | Should -Match 'a␛\[31mred'
    }
}
