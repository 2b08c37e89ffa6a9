# Progress of everything that lasts: what it says, that it can be turned off, and that it is gone at the end.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    # Runs in a session of its own and gives the progress records of it.
    function Get-ProgressRecord([string] $Script) {
        $shell = [powershell]::Create()
        try {
            [void]$shell.AddScript("Import-Module '$(Get-Manifest)'; [void](Connect-JobServer $($lab.Uri)); $Script")
            [void]$shell.Invoke()
            if ($shell.HadErrors) { throw $shell.Streams.Error[0] }
            $shell.Streams.Progress
        } finally { $shell.Dispose() }
    }
}
AfterAll { Stop-Lab }

Describe 'Progress' {
    BeforeAll {
        $long = @{
            'of a retry of all' = 'Invoke-JobRetry -Queue emails -Max 20 -Throttle 15 -Confirm:$false'
            'of a retry through the pipeline' = 'Get-Job -Queue emails -State failed -First 20 | Invoke-JobRetry -Throttle 15 -BatchSize 1 -Confirm:$false'
            'of deleting' = 'Clear-JobQueue emails -State failed -Max 20 -Throttle 15 -Confirm:$false'
            'of copying' = 'Copy-Job -Queue emails -State failed -Destination other -Max 20 -Throttle 15 -Confirm:$false'
        }
    }
    BeforeEach {
        Clear-Lab
        [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 40 })
    }

    It '<_> tells how far it is and how fast, and goes' -ForEach 'of a retry of all', 'of a retry through the pipeline', 'of deleting', 'of copying' {
        $records = Get-ProgressRecord $long[$_]
        $records.Count | Should -BeGreaterThan 1
        $records[-1].RecordType | Should -Be Completed
        $records[0].StatusDescription | Should -Match '^\d+.*, \d+ a second$'
        $records.ActivityId | Select-Object -Unique | Should -HaveCount 1
    }

    It 'says how much is left where that is known' {
        $records = Get-ProgressRecord $long['of a retry of all']
        $records[0].StatusDescription | Should -Match '^\d+ of 20 '
        $records[0].PercentComplete | Should -BeGreaterThan 0
        $records[0].SecondsRemaining | Should -BeIn @(0..2)
    }

    It 'is not there when it was turned off, by preference or parameter' {
        Get-ProgressRecord "`$ProgressPreference = 'Ignore'; $($long['of a retry of all'])" | Should -BeNullOrEmpty
        if ((Get-Command Get-Job -Module JobAdmin).Parameters.ContainsKey('ProgressAction')) {
            Get-ProgressRecord "$($long['of deleting']) -ProgressAction Ignore" | Should -BeNullOrEmpty
        }
    }

    It 'is not there for what is quick' { Get-ProgressRecord 'Get-Job -State failed; Invoke-JobRetry -Queue emails -Confirm:$false' | Should -BeNullOrEmpty }
}
