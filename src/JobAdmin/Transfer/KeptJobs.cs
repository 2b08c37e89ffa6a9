namespace JobAdmin.Transfer;

/// <summary>Jobs that were written to a backup together.</summary>
/// <param name="Jobs">The jobs.</param>
/// <param name="First">The number of the first record.</param>
/// <param name="Last">The number of the last one.</param>
internal sealed record KeptJobs(IReadOnlyList<ExportedJob> Jobs, long First, long Last);
