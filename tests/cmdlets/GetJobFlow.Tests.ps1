# Get-JobFlow, on flows that BullMQ made and worked on.
BeforeAll {
    Import-Module $PSScriptRoot/_Support.psm1 -Force
    $lab = Start-Lab
    function New-Node([string] $Id, [string] $Queue, [object[]] $Children) { @{ name = $Id; queueName = $Queue; opts = @{ jobId = $Id }; children = @($Children | Where-Object { $_ }) } }
}
AfterAll { Stop-Lab }

Describe 'Get-JobFlow' {
    BeforeEach {
        Clear-Lab
        [void](Connect-JobServer $lab.Uri)
        [void](Invoke-Peer @{ do = 'addFlow'; flow = New-Node book books (New-Node cover images), (New-Node chapter texts (New-Node page texts)), (New-Node index texts) })
        [void](Invoke-Peer @{ do = 'run'; queue = 'images'; reason = 'no ink' })
    }

    It 'draws the whole tree from any of its jobs' {
        $fromTop = Get-JobFlow book -Queue books
        $fromTop.Id | Should -Be book, cover, chapter, page, index
        $fromTop.Depth | Should -Be 0, 1, 1, 2, 1
        (Get-JobFlow page -Queue texts).Id | Should -Be $fromTop.Id
        (Get-JobFlow chapter -Queue texts -Subtree).Id | Should -Be chapter, page
        $screen = ($fromTop | Out-String -Width 120) -split '\r?\n'
        $screen -match '^book ' | Should -Match 'WaitingChildren +3 of 3 children: 1 failed, 1 waiting(-children)?, 1 waiting'
        $screen -match '^├─ cover ' | Should -Match 'images +Failed +no ink'
        $screen -match '^│  └─ page ' | Should -HaveCount 1
        $screen -match '^└─ index ' | Should -HaveCount 1
    }

    It 'without an id shows the flows that wait' {
        (Get-JobFlow | Where-Object Depth -EQ 0).Id | Should -Be book
        Get-JobFlow -Queue images | Should -BeNullOrEmpty
        Get-JobFlow -State completed | Should -BeNullOrEmpty
        (Get-JobQueue books | Get-JobFlow -Depth 1).Id | Should -Be book, cover, chapter, index
    }

    It 'pipes into other commands: retry what holds a flow up' {
        Get-JobFlow book -Queue books | Where-Object State -EQ Failed | Invoke-JobRetry -PassThru | ForEach-Object Id | Should -Be cover
        foreach ($queue in 'images', 'texts', 'books') { [void](Invoke-Peer @{ do = 'work'; queue = $queue }) }
        (Get-JobFlow book -Queue books).State | Select-Object -Unique | Should -Be Completed
        (Get-JobFlow book -Queue books)[1].ChildState | Should -Be Completed
    }

    It 'shows a child that is gone' {
        [void](Invoke-Redis del bull:images:cover)
        $nodes = Get-JobFlow book -Queue books
        $nodes[0].BlockedBy | Should -BeLike '*1 gone*'
        ($nodes | Out-String -Width 120) | Should -Match '─ \? +cover +images +gone'
    }

    It 'shows a job without a flow as itself, once' {
        [void](Invoke-Peer @{ do = 'add'; queue = 'images' })
        Get-Job -Queue images | Get-JobFlow | Where-Object Queue -EQ images | Where-Object Depth -EQ 0 | Should -HaveCount 1
        (Get-Job -Queue texts | Get-JobFlow).Count | Should -Be 5
    }

    It 'bounds depth and width' {
        (Get-JobFlow book -Queue books -Depth 1).Id | Should -Be book, cover, chapter, index
        # Redis keeps children in no order: whichever is read may have one of its own.
        @(Get-JobFlow book -Queue books -MaxChildren 1 | Where-Object Depth -EQ 1) | Should -HaveCount 1
        (Get-JobFlow book -Queue books -Depth 0).ChildCount | Should -Be 3
    }

    It 'makes an error of a job that is not there' {
        Get-ErrorId { Get-JobFlow 99 -Queue books } | Should -Be JobNotFound
    }
}
