namespace JobAdmin.Commands;

/// <summary>What Export-Job wrote.</summary>
public sealed class JobExportResult
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Records in it: jobs, and keys of queues where they were asked for.</summary>
    public long Records { get; init; }

    /// <summary>Its size in bytes.</summary>
    public long Length { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; init; }
}
