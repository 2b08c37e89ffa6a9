using JobAdmin.Base;

namespace JobAdmin.Health;

/// <summary>From which value on something is a warning, and from which it is critical.</summary>
/// <typeparam name="T">The kind of value.</typeparam>
/// <param name="Warning">From here on it is a warning.</param>
/// <param name="Critical">From here on it is critical; null for never.</param>
internal readonly record struct Limits<T>(T Warning, T? Critical)
    where T : struct, IComparable<T>
{
    /// <summary>Reads the values of a parameter: a warning alone, or a warning and a critical one.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="values">The values.</param>
    /// <param name="example">What would be right.</param>
    /// <param name="most">The highest value that means anything.</param>
    public static Limits<T> Of(string parameter, T[] values, string example, T? most = null)
    {
        JobServerException Wrong(string why) => JobErrors.Input("InvalidThreshold", $"-{parameter}: {why}.", $"Give one value for a warning, or two for warning and critical, as in -{parameter} {example}.", values);
        if (values.Length is 0 or > 2)
        {
            throw Wrong($"{values.Length} values are given");
        }

        if (values.Any(value => value.CompareTo(default) <= 0))
        {
            throw Wrong("a threshold is above zero");
        }

        if (most is { } highest && values.Any(value => value.CompareTo(highest) > 0))
        {
            throw Wrong($"a threshold is at most {highest}");
        }

        return values.Length == 2 && values[0].CompareTo(values[1]) > 0 ? throw Wrong("the first value, the warning, is above the second, the critical one")
            : new(values[0], values.Length == 2 ? values[1] : null);
    }

    /// <summary>How bad a value is.</summary>
    public JobFindingSeverity Judge(T value) =>
        Critical is { } critical && value.CompareTo(critical) >= 0 ? JobFindingSeverity.Critical : value.CompareTo(Warning) >= 0 ? JobFindingSeverity.Warning : JobFindingSeverity.Ok;
}
