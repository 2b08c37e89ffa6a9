namespace JobAdmin.Client.BullMq;

/// <summary>Where a field's value stands in a buffer.</summary>
internal readonly struct Slice(int start, int length)
{
    /// <summary>There is no such field.</summary>
    public static readonly Slice Missing = new(0, -1);

    public int Start { get; } = start;

    public int Length { get; } = length;

    public bool IsMissing => Length < 0;

    /// <summary>The value; empty when there is none.</summary>
    /// <param name="bytes">The buffer.</param>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> bytes) => IsMissing ? default : bytes.Slice(Start, Length);
}

/// <summary>A job's values in the order of <see cref="JobRows.Fields"/>, as Redis has sent them.</summary>
internal readonly ref struct JobRow(ReadOnlySpan<byte> bytes, ReadOnlySpan<Slice> slices)
{
    private static readonly Slice[] None = NoValues();
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private readonly ReadOnlySpan<Slice> slices = slices;

    /// <summary>A job without any.</summary>
    public static JobRow Empty => new(default, None);

    /// <summary>A value, empty when there is none.</summary>
    /// <param name="field">The field's place.</param>
    public ReadOnlySpan<byte> this[int field] => slices[field].Of(bytes);

    public bool Has(int field) => !slices[field].IsMissing;

    private static Slice[] NoValues()
    {
        var none = new Slice[JobRows.Fields.Length];
        Array.Fill(none, Slice.Missing);
        return none;
    }
}
