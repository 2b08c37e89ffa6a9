using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace JobAdmin.Parameters;

/// <summary>Reads times as PowerShell reads those that are typed: as the session's culture writes them, and ISO 8601 everywhere.</summary>
internal static partial class TimeText
{
    /// <summary>Whether a text looks like a time, right or wrong, rather than an id: it has hours, or three numbers for a day.</summary>
    public static bool IsLikely(string text) => text.Contains('T') || text.Contains(':') || Day().IsMatch(text);

    /// <summary>Reads a time.</summary>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(object value, out DateTimeOffset time)
    {
        // Some cultures count the years of 2027-06-01 from elsewhere.
        var culture = value is string text && !Iso().IsMatch(text) ? CultureInfo.CurrentCulture : CultureInfo.InvariantCulture;
        return LanguagePrimitives.TryConvertTo(value, culture, out time);
    }

    [GeneratedRegex(@"^\s*\d{4}-\d{2}-\d{2}(?!\d)")]
    private static partial Regex Iso();

    [GeneratedRegex(@"^\s*\d{1,4}([./-]\s?)\d{1,2}\1\d{1,4}\.?\s*$")]
    private static partial Regex Day();
}
