@{
    RootModule           = 'bin/JobAdmin.dll'
    ModuleVersion        = '0.1.0'
    CompatiblePSEditions = @('Core')
    GUID                 = 'a1306ba8-d9c1-48c7-853d-be3576d40507'
    Author               = 'JobAdmin contributors'
    CompanyName          = 'JobAdmin contributors'
    Copyright            = '(c) JobAdmin contributors. MIT licence.'
    Description          = 'Administers BullMQ job queues on Redis or Valkey, and job servers with an HTTP admin API, from PowerShell: list, filter, retry, promote, stop, remove, wait for and watch jobs, as typed objects through the pipeline.'
    PowerShellVersion    = '7.4'

    # The types file names a class of this assembly, and is read before the root module is loaded.
    RequiredAssemblies   = @('bin/JobAdmin.dll')
    TypesToProcess       = @('formats/JobAdmin.Types.ps1xml')
    FormatsToProcess     = @('formats/JobAdmin.Format.ps1xml')

    CmdletsToExport      = @(
        'Connect-JobServer', 'Disconnect-JobServer', 'Get-JobServer', 'Use-JobServer', 'Test-JobServer'
        'New-Job', 'Set-Job', 'Copy-Job', 'Get-JobLog', 'Get-JobFlow', 'Get-JobScheduler', 'Set-JobScheduler', 'Remove-JobScheduler'
        'Get-JobWorker', 'Get-JobMetric', 'Get-JobGroup', 'Set-JobQueue', 'Measure-JobQueue', 'Test-JobQueue', 'Repair-JobQueue'
        'Get-JobQueue', 'Suspend-JobQueue', 'Resume-JobQueue', 'Clear-JobQueue', 'Remove-JobQueue'
        'Get-Job', 'Stop-Job', 'Remove-Job', 'Wait-Job', 'Receive-Job'
        'Invoke-JobRetry', 'Invoke-JobPromotion', 'Watch-JobEvent', 'Watch-JobQueue'
        'Get-JobFailure', 'Find-Job', 'Export-Job', 'Import-Job'
    )
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()

    PrivateData          = @{
        PSData = @{
            Tags         = @('BullMQ', 'Redis', 'Valkey', 'queue', 'jobs', 'worker', 'retry', 'admin', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
            LicenseUri   = 'https://github.com/jobadmin/JobAdmin/blob/main/LICENSE'
            ProjectUri   = 'https://github.com/jobadmin/JobAdmin'
            ReleaseNotes = 'https://github.com/jobadmin/JobAdmin/blob/main/CHANGELOG.md'
        }
    }
}
