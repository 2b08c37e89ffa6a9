# That the bench runs; what it measures on so little is of no interest.
Describe 'bench' {
    It 'runs each work once on little data, and prints the tables' {
        $manifest = Resolve-Path "$PSScriptRoot/../../output/JobAdmin/*/JobAdmin.psd1" | Select-Object -Last 1 -ExpandProperty Path
        $said = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -File $PSScriptRoot/../../bench/bench.ps1 -Manifest $manifest -Quick
        $LASTEXITCODE | Should -Be 0
        foreach ($work in & $PSScriptRoot/../../bench/works.ps1) { $said | Where-Object { $_.StartsWith("| $($work.Name) | $($work.Against) |") } | Should -HaveCount @($work.Size).Count }
        @($said -match '^\|').Count | Should -BeGreaterThan 28
    }
}
