# Get-Job where one queue of several can't be read.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    [void](Connect-JobServer $lab.Uri -Name c)
}
AfterAll { Stop-Lab }

Describe 'Get-Job on a queue that can''t be read' {
    BeforeAll {
        [void](Invoke-Peer @{ do = 'seed'; queue = 'f'; failed = 3 })
        [void](Invoke-Peer @{ do = 'seed'; queue = 'g'; failed = 4 })
        [void](Invoke-Peer @{ do = 'seed'; queue = 'brk'; waiting = 2 })
        [void](Invoke-Redis set bull:brk:failed x)
    }
    AfterAll { [void](Invoke-Redis del bull:brk:failed) }

    It 'reports it once and goes on, with <_.Keys>' -ForEach @(
        @{ First = 100 }
        @{ Skip = 2 }
        @{ Newest = 100 }
        @{ IncludeTotalCount = $true; First = 100 }
        @{ IncludeTotalCount = $true; Skip = 2 }
        @{ IncludeTotalCount = $true; Newest = 100 }
    ) {
        foreach ($queues in ('f', 'brk', 'g'), ('brk', 'f', 'g'), ('f', 'g', 'brk')) {
            $out = Get-Job -Queue $queues -State failed, completed @_ -ErrorAction SilentlyContinue -ErrorVariable problem
            $problem.Count | Should -Be 1
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'WrongKeyType,*'
            @($out | Where-Object { $_ -is [JobAdmin.QueueJob] }).Count | Should -Be (7 - $_['Skip'])
            if ($_['IncludeTotalCount']) { "$($out[0])".Split(' ')[-1] | Should -Be 7 }
        }
        $problem = $null
        [void](Get-Job -Queue nix, f, g -State failed @_ -ErrorAction SilentlyContinue -ErrorVariable problem)
        $problem.Count | Should -Be 1
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'QueueNotFound,*'
    }

    It 'says so with -Newest and -Oldest, whatever states are meant' {
        Get-ErrorId { Get-Job -Queue brk -Newest 5 } | Should -Be 'WrongKeyType'
        Get-ErrorId { Get-Job -Queue brk -Oldest 5 } | Should -Be 'WrongKeyType'
        Get-ErrorId { Get-Job -Queue brk -State failed -Newest 5 } | Should -Be 'WrongKeyType'
        $jobs = Get-Job -Queue f, brk, g, nix -Newest 5 -ErrorAction SilentlyContinue -ErrorVariable problem
        @($jobs).Count | Should -Be 5
        $problem.FullyQualifiedErrorId -replace ',.*' | Sort-Object | Should -Be 'QueueNotFound', 'WrongKeyType'
    }

    It 'finds ids in the queues behind it' {
        foreach ($queues in ('f', 'brk', 'g'), ('brk', 'g', 'f')) {
            $out = Get-Job -Id 1, none -Queue $queues -ErrorAction SilentlyContinue -ErrorVariable problem
            $out.Queue | Sort-Object | Should -Be f, g
            $problem.FullyQualifiedErrorId -replace ',.*' | Sort-Object | Should -Be JobNotFound, WrongKeyType
            "$($problem[-1])" | Should -BeLike '*no job none in the 2 queues of c*'
        }
    }

    It 'goes on past one whose settings are of another type' {
        [void](Invoke-Redis set bull:odd:meta x)
        try {
            (Get-Job -Id 1 -Queue odd, g -ErrorAction SilentlyContinue -ErrorVariable problem).Queue | Should -Be g
            $problem.FullyQualifiedErrorId | Should -BeLike 'WrongKeyType,*'
            (Get-Job -Queue odd, g -State failed -ErrorAction SilentlyContinue).Count | Should -Be 4
            Get-ErrorId { Get-Job -Id 1 -Queue odd } | Should -Be WrongKeyType
        }
        finally { [void](Invoke-Redis del bull:odd:meta) }
    }
}
