# What Test-JobQueue tells the monitor that runs it: metrics as text, and an exit code.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab

    # Runs pwsh as a monitor would, and gives its exit code.
    function Get-ProcessExit([string] $Command, [string[]] $Argument = '-Command') {
        $connect = "Import-Module '$(Get-Manifest)'; Connect-JobServer $($lab.Uri) | Out-Null;"
        pwsh -NoProfile @Argument "$connect $Command" *> $null
        $LASTEXITCODE
    }
}
AfterAll { Stop-Lab }

Describe 'Test-JobQueue -AsOpenMetrics' {
    BeforeAll {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri -Name 'a "b"\')
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'mail'; count = 7 })
        [void](Invoke-Peer @{ do = 'counts'; queue = 'chat' })
        $text = Test-JobQueue -AsOpenMetrics
        $lines = $text -split "`n"
    }

    It 'is one text that ends as it must' {
        @($text).Count | Should -Be 1
        $text | Should -Not -Match '\r'
        $lines[-1] | Should -BeExactly '# EOF'
        @($lines -eq '# EOF').Count | Should -Be 1
        $lines | Should -Not -Contain ''
    }

    It 'keeps to the grammar, each family in one piece' {
        $label = '[a-z_]+="(?:[^"\\\n]|\\["\\n])*"'
        $done = [Collections.Generic.HashSet[string]]::new()
        $family, $unit, $samples = '', '', [Collections.Generic.HashSet[string]]::new()
        foreach ($line in $lines[0..($lines.Count - 2)]) {
            switch -Regex -CaseSensitive ($line) {
                '^# TYPE (?<name>[a-z_]+) gauge$' { $family = $Matches.name; $done.Add($family) | Should -BeTrue -Because $line; $unit = ''; break }
                '^# UNIT (?<name>[a-z_]+) (?<unit>[a-z]+)$' { $Matches.name | Should -BeExactly $family; $family | Should -BeLike "*_$($Matches.unit)"; break }
                '^# HELP (?<name>[a-z_]+) \S.*\.$' { $Matches.name | Should -BeExactly $family; break }
                "^(?<name>[a-z_]+)(?<labels>\{$label(?:,$label)*\}) -?[0-9]+(?:\.[0-9]+)?(?:E[-+][0-9]+)?$" {
                    $Matches.name | Should -BeExactly $family
                    $samples.Add($Matches.name + $Matches.labels) | Should -BeTrue -Because $line
                    break
                }
                default { $line | Should -Be 'a line of the grammar' }
            }
        }
    }

    It 'escapes labels, and tells counts and findings' {
        $lines | Should -Contain 'jobadmin_queue_jobs{connection="a \"b\"\\",queue="mail",state="waiting"} 7'
        $lines | Should -Contain 'jobadmin_queue_check_severity{connection="a \"b\"\\",queue="mail",check="Workers"} 2'
        $lines | Should -Contain 'jobadmin_queue_workers{connection="a \"b\"\\",queue="chat"} 0'
    }
}

Describe 'Test-JobQueue -ExitCode' {
    BeforeAll {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'addMany'; queue = 'mail'; count = 7 })
        [void](Invoke-Peer @{ do = 'counts'; queue = 'chat' })
    }

    It 'is <Code> for <Case>' -ForEach @(
        @{ Code = 0; Case = 'a queue that is well'; Command = 'Test-JobQueue chat -ExitCode' }
        @{ Code = 1; Case = 'a warning'; Command = 'Test-JobQueue mail -Check Backlog -Backlog 5,50 -ExitCode' }
        @{ Code = 2; Case = 'something critical'; Command = 'Test-JobQueue -ExitCode' }
        @{ Code = 2; Case = 'a script that goes on afterwards'; Command = '1 | Test-JobQueue mail -ExitCode; Test-JobQueue mail -ExitCode; $null = Get-Date' }
        @{ Code = 3; Case = 'a queue that is not there'; Command = 'Test-JobQueue none -ExitCode' }
        @{ Code = 3; Case = 'a server that is not there'; Command = 'Disconnect-JobServer; Test-JobQueue chat -ExitCode' }
        @{ Code = 3; Case = 'thresholds that make no sense'; Command = 'Test-JobQueue chat -Backlog 5,1 -ExitCode' }
        @{ Code = 3; Case = 'one queue that is well and one that is not there'; Command = 'Test-JobQueue chat, none -ExitCode' }
    ) {
        Get-ProcessExit $Command | Should -Be $Code
    }

    It 'is given by a script file, which may say another itself' {
        $file = Join-Path $TestDrive check.ps1
        "param(`$Queue) Import-Module '$(Get-Manifest)'; Connect-JobServer $($lab.Uri) | Out-Null; Test-JobQueue `$Queue -ExitCode | Out-Null; 'went on'; if (`$Queue -eq 'own') { exit `$LASTEXITCODE + 40 }" | Set-Content $file
        $output = pwsh -NoProfile -File $file mail
        $LASTEXITCODE, $output | Should -Be 2, 'went on'
        pwsh -NoProfile -File $file chat | Out-Null
        $LASTEXITCODE | Should -Be 0
        pwsh -NoProfile -File $file own *> $null
        $LASTEXITCODE | Should -Be 43
    }

    It 'does not end a session that somebody works in, and is in $LASTEXITCODE' {
        $output = "Import-Module '$(Get-Manifest)'; Connect-JobServer $($lab.Uri) | Out-Null`nTest-JobQueue mail -ExitCode | Out-Null`n`"still here `$LASTEXITCODE`"`nexit 0`n" | pwsh -NoProfile -NonInteractive
        "$output" | Should -BeLike '*still here 2*'
        Test-JobQueue mail -ExitCode | Out-Null
        $global:LASTEXITCODE | Should -Be 2
    }
}
