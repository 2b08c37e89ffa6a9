namespace JobAdmin.Client;

/// <summary>What times on the clock of a zone mean.</summary>
/// <remarks>Worked out from moments. What .NET says of times on the clock is wrong where winter is the saving time, as in Dublin.</remarks>
internal static class WallClock
{
    /// <summary>The offsets with which a clock shows a time: none where it is left out, two where it comes twice, that of the first moment first.</summary>
    public static IReadOnlyList<TimeSpan> Offsets(DateTime local, TimeZoneInfo zone) =>
        [.. new[] { OffsetBefore(local, zone), OffsetAt(local.Ticks + TimeSpan.TicksPerDay, zone) }.Distinct().Where(offset => OffsetAt(local.Ticks - offset.Ticks, zone) == offset).OrderDescending()];

    /// <summary>The offset of a day before, which a time that is left out is counted on with.</summary>
    public static TimeSpan OffsetBefore(DateTime local, TimeZoneInfo zone) => OffsetAt(local.Ticks - TimeSpan.TicksPerDay, zone);

    private static TimeSpan OffsetAt(long ticks, TimeZoneInfo zone) => zone.GetUtcOffset(new DateTimeOffset(Math.Clamp(ticks, 0, DateTime.MaxValue.Ticks), TimeSpan.Zero));
}
