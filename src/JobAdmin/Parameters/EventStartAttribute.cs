using System.Globalization;
using System.Management.Automation;

namespace JobAdmin.Parameters;

/// <summary>Lets a parameter for the beginning of a watch take a time, a length of time back, <c>start</c>, or an event's id.</summary>
public sealed class EventStartAttribute : ArgumentTransformationAttribute
{
    /// <summary>Converts an argument.</summary>
    /// <param name="engineIntrinsics">The engine.</param>
    /// <param name="inputData">The argument.</param>
    /// <returns>The text that the client understands.</returns>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) => DurationAttribute.AsWritten(inputData) switch
    {
        null => null,
        DateTimeOffset time => Text(time),
        DateTime time => Text(new DateTimeOffset(time)),
        TimeSpan back => Text(DateTimeOffset.UtcNow - back),
        JobEvent { EventId: { } id } => id,
        string text when text.Equals("start", StringComparison.OrdinalIgnoreCase) => "0",
        string text when DurationAttribute.FromUnits(text.Trim()) is { } back => Text(DateTimeOffset.UtcNow - back),
        string text when TimeText.IsLikely(text) => Text(Time(text)),
        var other => Convert.ToString(other, CultureInfo.InvariantCulture),
    };

    private static DateTimeOffset Time(string text) =>
        TimeText.TryParse(text, out var time)
            ? time
            : throw new ArgumentTransformationMetadataException($"'{text}' is not a time. Give a time, how far back (10m), start, or an event's id.");

    private static string Text(DateTimeOffset time) => time.ToUniversalTime().ToString("o", CultureInfo.InvariantCulture);
}
