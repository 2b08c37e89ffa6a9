using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace JobAdmin.Parameters;

/// <summary>Lets a TimeSpan parameter take <c>7d</c>, <c>1h30m</c>, <c>45s</c> or <c>250ms</c> besides what PowerShell itself converts.</summary>
/// <remarks>A bare number would be ticks to PowerShell; here it is seconds where the parameter says so, and an error elsewhere.</remarks>
public sealed partial class DurationAttribute : ArgumentTransformationAttribute
{
    /// <summary>The longest time to wait: a timer knows hardly more.</summary>
    internal static readonly TimeSpan LongestWait = TimeSpan.FromDays(49);

    /// <summary>Whether it is a time to wait, for which a bare number means seconds.</summary>
    public bool Seconds { get; init; }

    /// <summary>Converts an argument.</summary>
    /// <param name="engineIntrinsics">The engine.</param>
    /// <param name="inputData">The argument.</param>
    /// <returns>A TimeSpan, or null.</returns>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = AsWritten(inputData);
        TimeSpan? span = value switch
        {
            null => null,
            TimeSpan given => given,
            string text => Parse(text.Trim()),
            _ when LanguagePrimitives.TryConvertTo<double>(value, CultureInfo.InvariantCulture, out var number) => FromNumber(number, value),
            _ => throw Unreadable(value),
        };

        if (Seconds && span > LongestWait)
        {
            throw new ArgumentTransformationMetadataException($"'{value}' is longer than a command can wait. Give {LongestWait.Days}d or less.");
        }

        // A negative age would mean the future, and so every job; a negative timeout means none, as PowerShell has it.
        return span < TimeSpan.Zero && !Seconds ? throw Unreadable(value!) : span;
    }

    /// <summary>The argument as the user wrote it: to PowerShell, 7d is the decimal 7 and 45s a short integer.</summary>
    /// <param name="argument">The argument.</param>
    /// <returns>The text of a number with a unit, or the argument without its wrapping.</returns>
    internal static object? AsWritten(object? argument) =>
        argument is not PSObject wrapped ? argument
        : wrapped.BaseObject is ValueType && wrapped.ToString() is { } text && FromUnits(text) is not null ? text
        : wrapped.BaseObject;

    [GeneratedRegex(@"^(?:(\d+(?:\.\d+)?)(ms|s|m|h|d|w))+$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Units();

    /// <summary>Reads a length of time with units.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The length, or null when it is none.</returns>
    internal static TimeSpan? FromUnits(string text)
    {
        if (Units().Match(text) is not { Success: true } match)
        {
            return null;
        }

        try
        {
            return match.Groups[1].Captures.Zip(match.Groups[2].Captures)
                .Aggregate(TimeSpan.Zero, (sum, part) => sum + Of(double.Parse(part.First.Value, CultureInfo.InvariantCulture), part.Second.Value));
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private TimeSpan Parse(string text) =>
        FromUnits(text)
        ?? (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? FromNumber(number, text)
            : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span) ? span : throw Unreadable(text));

    private static TimeSpan Of(double amount, string unit) => unit.ToLowerInvariant() switch
    {
        "ms" => TimeSpan.FromMilliseconds(amount),
        "s" => TimeSpan.FromSeconds(amount),
        "m" => TimeSpan.FromMinutes(amount),
        "h" => TimeSpan.FromHours(amount),
        "d" => TimeSpan.FromDays(amount),
        _ => TimeSpan.FromDays(amount * 7),
    };

    private TimeSpan FromNumber(double number, object given)
    {
        if (!Seconds || double.IsNaN(number))
        {
            throw Unreadable(given);
        }

        return Math.Abs(number) >= TimeSpan.MaxValue.TotalSeconds ? TimeSpan.MaxValue : TimeSpan.FromSeconds(number);
    }

    private ArgumentTransformationMetadataException Unreadable(object given) => new(
        $"'{given}' is not a length of time. Give it a unit, as in 250ms, 45s, 30m, 1h30m or 7d{(Seconds ? ", or a number of seconds" : "")}, or give a TimeSpan.");
}
