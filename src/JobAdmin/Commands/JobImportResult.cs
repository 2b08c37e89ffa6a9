namespace JobAdmin.Commands;

/// <summary>What Import-Job did.</summary>
public sealed class JobImportResult
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Records that were put back.</summary>
    public long Added { get; set; }

    /// <summary>Records that overwrote something else.</summary>
    public long Overwritten { get; set; }

    /// <summary>Records that were there already, the same.</summary>
    public long Unchanged { get; set; }

    /// <summary>Records that were left out, since another one of the job in the file counts, or since the job was not deleted.</summary>
    public long Superseded { get; set; }

    /// <summary>Records that were not put back, each with an error.</summary>
    public long Refused { get; set; }

    /// <summary>The name of the connection.</summary>
    public required string Connection { get; init; }
}
