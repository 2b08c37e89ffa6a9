using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace JobAdmin.Parameters;

/// <summary>Lets a parameter of several TimeSpans take <c>5m,1h</c>, each as <see cref="DurationAttribute"/> does.</summary>
public sealed class DurationsAttribute : ArgumentTransformationAttribute
{
    private readonly DurationAttribute one = new();

    /// <summary>Converts an argument.</summary>
    /// <param name="engineIntrinsics">The engine.</param>
    /// <param name="inputData">The argument.</param>
    /// <returns>TimeSpans, or null.</returns>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = inputData is PSObject { BaseObject: IList wrapped } ? wrapped : inputData;
        return value switch
        {
            null => null,
            string text when text.Contains(',', StringComparison.Ordinal) => All(text.Split(',')),
            IList list => All(list),
            _ => All(new[] { value }),
        };

        TimeSpan[] All(IList items) => [.. items.Cast<object?>().Select(item => (TimeSpan)(one.Transform(engineIntrinsics, AsWritten(item)) ?? throw Missing()))];
    }

    private static ArgumentTransformationMetadataException Missing() => new("One of the lengths of time is null. Give each of them, as in 5m,1h.");

    // Within a list PowerShell keeps no text of a number: 1d is the decimal 1 then, and 90s a short integer.
    private static object? AsWritten(object? item) => (item is PSObject wrapped ? wrapped.BaseObject : item) switch
    {
        decimal days => string.Create(CultureInfo.InvariantCulture, $"{days}d"),
        short seconds => string.Create(CultureInfo.InvariantCulture, $"{seconds}s"),
        _ => item,
    };
}
