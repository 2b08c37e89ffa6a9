using System.Management.Automation;

namespace JobAdmin.Completion;

/// <summary>The word under the cursor, with the quote that it began with, and how a value is written in its place.</summary>
internal readonly struct CompletionWord
{
    private const string Special = " \t'\"`$;,|&(){}<>@#";

    private readonly char quote;

    /// <summary>Reads the word.</summary>
    /// <param name="typed">The word as typed.</param>
    public CompletionWord(string? typed)
    {
        typed ??= "";
        quote = typed is ['\'' or '"', ..] ? typed[0] : '\0';
        Text = quote == '\0' ? typed : typed.Trim(quote).Replace($"{quote}{quote}", $"{quote}");
    }

    /// <summary>The text typed so far, without quotes.</summary>
    public string Text { get; }

    /// <summary>Whether a value goes on from what was typed, or fits it as a pattern.</summary>
    /// <param name="value">The value.</param>
    public bool Fits(string value) => value.StartsWith(Text, StringComparison.OrdinalIgnoreCase)
        || (JobWildcard.HasWildcard(Text) && WildcardPattern.Get(Text + "*", WildcardOptions.IgnoreCase).IsMatch(value));

    /// <summary>A result for a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="tip">What is shown beside it.</param>
    public CompletionResult Result(string value, string? tip) => new(Write(value), value.Length > 0 ? value : "''", CompletionResultType.ParameterValue,
        string.IsNullOrEmpty(tip) ? value : tip);

    private string Write(string value)
    {
        if (quote == '"' && value.AsSpan().IndexOfAny('`', '$', '"') < 0)
        {
            return $"\"{value}\"";
        }

        var plain = quote == '\0' && value.Length > 0 && value[0] != '-' && value.AsSpan().IndexOfAny(Special) < 0 && !value.Any(char.IsWhiteSpace);
        return plain ? value : $"'{value.Replace("'", "''")}'";
    }
}
