# Watch-JobQueue: objects where there is no terminal, and the screen in a real one.
BeforeDiscovery { $noTmux = -not (Get-Command tmux -CommandType Application -ErrorAction Ignore) }
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    [void](Connect-JobServer $lab.Uri -Name c)
    [void](Invoke-Peer @{ do = 'seed'; queue = 'emails'; failed = 2; waiting = 3; prioritized = 1; delayed = 4; active = 1; reasons = @('SMTP 451 try again', 'SMTP 451 try again') })
    [void](Invoke-Peer @{ do = 'seed'; queue = 'chat'; completed = 2; lib = 'bullmq5' })
}
AfterAll { Stop-Lab }

Describe 'Watch-JobQueue without a screen' {
    It 'looks once, with the rates of the last minute' {
        $samples = Watch-JobQueue -Once
        $samples.Queue | Should -Be 'chat', 'emails'
        $emails = $samples[1]
        $emails | Should -BeOfType JobAdmin.JobQueueSample
        $emails.Waiting | Should -Be 3
        $emails.Prioritized | Should -Be 1
        $emails.Delayed | Should -Be 4
        $emails.Failed | Should -Be 2
        $emails.RateSpan.TotalSeconds | Should -Be 60
        $emails.AddedPerSecond * 60 | Should -BeGreaterThan 10.5
        $emails.FailedPerSecond * 60 | Should -BeGreaterThan 1.9
        $emails.Connection | Should -Be 'c'
    }

    It 'goes on for as long as it is told, and ends when nobody listens' {
        (Watch-JobQueue emails -AsObject -Interval 100ms -Timeout 1).Count | Should -BeGreaterThan 2
        (Watch-JobQueue e* -Interval 100ms | Select-Object -First 3).Count | Should -Be 3
    }

    It 'takes queues from the pipeline, and its objects stand for their queues' {
        (Get-JobQueue emails | Watch-JobQueue -Once).Queue | Should -Be 'emails'
        ('em*' | Watch-JobQueue -Once).Queue | Should -Be 'emails'
        (Watch-JobQueue emails -Once | Get-JobQueue).Name | Should -Be 'emails'
        Watch-JobQueue emails -Once | Suspend-JobQueue
        (Watch-JobQueue emails -Once).IsPaused | Should -BeTrue
        Resume-JobQueue emails
    }

    It 'says what is wrong' {
        Get-ErrorId { Watch-JobQueue nix -Once } | Should -Be 'QueueNotFound'
        Get-ErrorId { Watch-JobQueue -Interval 0 } | Should -Be 'InvalidInterval'
        Get-ErrorId { 1 | Watch-JobQueue -Once } | Should -Be 'NotAQueue'
    }

    It 'writes lines that fit 80 columns' {
        $lines = (Watch-JobQueue -Once | Out-String -Width 80) -split '\r?\n' | Where-Object { $_.Trim() }
        $lines[0] | Should -Match '^Time +Queue +Waiting +Active +Delayed +Failed +In/s +Out/s +Wkr +Age'
        $lines[3] | Should -Match '^\d\d:\d\d:\d\d emails +4 +\d +4 +2 '
    }

    It 'survives CSV, JSON and CLIXML' {
        $sample = Watch-JobQueue emails -Once
        ($sample | ConvertTo-Csv | ConvertFrom-Csv).Failed | Should -Be 2
        ($sample | ConvertTo-Json | ConvertFrom-Json).Failed | Should -Be 2
        $sample | Export-Clixml "$TestDrive/sample.xml"
        $back = Import-Clixml "$TestDrive/sample.xml"
        $back.Failed | Should -Be 2
        ($back | Format-Table | Out-String) | Should -Match 'emails'
        ($back | Get-JobQueue).Name | Should -Be 'emails'
    }

    It 'stops within 200 ms' {
        $stop = Measure-Stop 'Watch-JobQueue -AsObject'
        $stop.WasRunning | Should -BeTrue
        $stop.Milliseconds | Should -BeLessThan 400
    }
}

Describe 'Watch-JobQueue on a terminal' -Skip:$noTmux {
    BeforeAll {
        $socket = "jobadmin-$PID"
        function Invoke-Tmux { & tmux -L $socket -f /dev/null @args }
        function Get-Screen { (Invoke-Tmux capture-pane -p -t s) -join "`n" }
        # Until the screen is as it should be.
        function Wait-Screen([string] $Pattern) {
            foreach ($try in 1..300) {
                $text = Get-Screen
                if ($text -match $Pattern) { return $text }
                Start-Sleep -Milliseconds 100
            }
            throw "The screen never had '$Pattern': $text"
        }
        function Send-Key { Invoke-Tmux send-keys -t s @args }
        $env:POWERSHELL_UPDATECHECK = 'Off'
        Invoke-Tmux new-session -d -s s -x 100 -y 30 pwsh -NoProfile -NoLogo
        [void](Wait-Screen 'PS ')
        Send-Key -l "function prompt { 'READY> ' }; Import-Module '$(Get-Manifest)'; [void](Connect-JobServer $($lab.Uri) -Name c); Clear-Host"
        Send-Key Enter
        [void](Wait-Screen '^READY>')
        Send-Key -l 'Watch-JobQueue -Interval 500ms'
        Send-Key Enter
        [void](Wait-Screen 'SMTP 451|chat')
    }
    AfterAll { Invoke-Tmux kill-server 2>$null }

    It 'shows the queues, and the failures of the selected one' {
        Send-Key j
        $text = Wait-Screen 'Newest failures in emails'
        $text | Should -Match 'JobAdmin  c · redis://127\.0\.0\.1'
        $text | Should -Match '▸ +emails +3 +1 +1 +4 +2 '
        $text | Should -Match 'SMTP 451 try again'
        $text | Should -Not -Match 'READY>'
    }

    It 'sees what changes' {
        [void](Invoke-Peer @{ do = 'add'; queue = 'fresh'; name = 'x' })
        [void](Wait-Screen 'fresh')
    }

    It 'sorts, filters, pauses and helps by keys' {
        Send-Key s
        [void](Wait-Screen 'sort: waiting')
        Send-Key '/'
        Send-Key -l 'ema'
        [void](Wait-Screen 'filter: ema█')
        Send-Key Enter
        (Wait-Screen '1 of 3 queues') | Should -Not -Match 'fresh'
        Send-Key Escape
        [void](Wait-Screen 'fresh')
        Send-Key Space
        [void](Wait-Screen 'PAUSED')
        Send-Key '?'
        [void](Wait-Screen 'turn the order around')
        Send-Key Space
        Send-Key Space
        [void](Wait-Screen 'every 500 ms')
    }

    It 'follows the size of the window' {
        Invoke-Tmux resize-window -t s -x 60 -y 15
        (Wait-Screen '(?m)^JobAdmin.{52}$') -split "`n" | Should -HaveCount 15
        Invoke-Tmux resize-window -t s -x 160 -y 40
        [void](Wait-Screen 'Out trend')
    }

    It 'leaves the terminal as it was at <_>' -ForEach 'q', 'C-c' {
        Send-Key $_
        $text = Wait-Screen '(?m)^READY>\s*\z'
        $text | Should -Match 'Watch-JobQueue -Interval 500ms'
        $text | Should -Not -Match 'quit'
        (Invoke-Tmux display-message -p -t s '#{cursor_flag} #{alternate_on} #{wrap_flag}') | Should -Be '1 0 1'
        # What is typed is seen again.
        Send-Key -l "'ec' + 'ho'"
        [void](Wait-Screen "READY> 'ec' \+ 'ho'")
        Send-Key Enter
        [void](Wait-Screen '(?m)^echo')
        Send-Key -l 'Watch-JobQueue -Interval 500ms'
        Send-Key Enter
        [void](Wait-Screen 'quit')
    }
}
