using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text;
using JobAdmin.Display;

namespace JobAdmin.Completion;

/// <summary>The word under the cursor, with the quote that it began with, and how a value is written in its place.</summary>
internal readonly struct CompletionWord
{
    // PowerShell takes the quotes and dashes of typography for its own: a name with one of them must not end its quotes.
    private const string Special = " \t'\"`$;,|&(){}<>@#\u2018\u2019\u201a\u201b\u201c\u201d\u201e";
    private const string EndsDouble = "`$\"\u201c\u201d\u201e", Dashes = "-\u2013\u2014\u2015";

    private readonly char quote;
    private readonly JobWildcard? pattern;

    /// <summary>Reads the word.</summary>
    /// <param name="typed">The word as typed.</param>
    public CompletionWord(string? typed)
    {
        typed ??= "";
        quote = typed is ['\'' or '"', ..] ? typed[0] : '\0';
        Text = quote == '\0' ? typed : typed.Trim(quote).Replace($"{quote}{quote}", $"{quote}");
        pattern = JobWildcard.HasWildcard(Text) || Text.Contains('`') ? Pattern(Text) : null;
    }

    /// <summary>The text typed so far, without quotes.</summary>
    public string Text { get; }

    /// <summary>Whether a value goes on from what was typed, or fits it as a pattern.</summary>
    /// <param name="value">The value.</param>
    public bool Fits(string value) => value.StartsWith(Text, StringComparison.OrdinalIgnoreCase)
        || (pattern?.IsMatch(value) ?? false);

    /// <summary>A result for a value. Names and reasons come from outside: nothing that is shown of them moves the cursor, and what is written stands on one line.</summary>
    /// <param name="value">The value.</param>
    /// <param name="tip">What is shown beside it.</param>
    public CompletionResult Result(string value, string? tip) => new(Write(value), value.Length > 0 ? CellText.Visible(value) : "''", CompletionResultType.ParameterValue,
        CellText.VisibleLines(string.IsNullOrEmpty(tip) ? value : tip));

    // A bracket that is not closed yet is no pattern, and an escape without its character is not there yet.
    private static JobWildcard? Pattern(string text)
    {
        var escapes = text.Length - text.TrimEnd('`').Length;
        try
        {
            return new JobWildcard((escapes % 2 == 1 ? text[..^1] : text) + "*");
        }
        catch (JobServerException)
        {
            return null;
        }
    }

    private string Write(string value)
    {
        if (value.Any(NeedsEscape))
        {
            return Escaped(value);
        }

        if (quote == '"' && value.AsSpan().IndexOfAny(EndsDouble) < 0)
        {
            return $"\"{value}\"";
        }

        var plain = quote == '\0' && value.Length > 0 && !Dashes.Contains(value[0]) && value.AsSpan().IndexOfAny(Special) < 0 && !value.Any(char.IsWhiteSpace);
        return plain ? value : $"'{CodeGeneration.EscapeSingleQuotedStringContent(value)}'";
    }

    private static bool NeedsEscape(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>A text with characters that no one sees, as PowerShell reads it.</summary>
    private static string Escaped(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var c in value)
        {
            text.Append(NeedsEscape(c) ? string.Create(CultureInfo.InvariantCulture, $"`u{{{(int)c:x}}}") : EndsDouble.Contains(c) ? $"`{c}" : $"{c}");
        }

        return text.Append('"').ToString();
    }
}
