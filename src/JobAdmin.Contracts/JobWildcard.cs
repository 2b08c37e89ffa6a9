using System.Text;
using System.Text.RegularExpressions;

namespace JobAdmin;

/// <summary>A PowerShell wildcard pattern (<c>* ? [a-z]</c>, backtick escapes), without regard to case, that the client can also search for on the server.</summary>
/// <remarks>Matching takes time linear in the text, whatever the pattern.</remarks>
public sealed class JobWildcard
{
    private readonly Regex? regex;
    private readonly string? literal;

    /// <summary>Reads a pattern.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <exception cref="JobServerException">A bracket is not closed, is empty, or holds a range that runs backwards.</exception>
    public JobWildcard(string pattern)
    {
        Pattern = pattern;
        var expression = new StringBuilder("^");
        var segments = new List<string>();
        var run = new StringBuilder();
        var plain = true;
        AnchoredStart = true;
        AnchoredEnd = true;

        void EndRun()
        {
            if (run.Length > 0)
            {
                expression.Append(Regex.Escape(run.ToString()));
                segments.Add(run.ToString());
                run.Clear();
            }
        }

        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '`' && i + 1 < pattern.Length)
            {
                run.Append(pattern[++i]);
                continue;
            }

            if (c is not ('*' or '?' or '['))
            {
                run.Append(c);
                continue;
            }

            plain = false;
            var first = run.Length == 0 && segments.Count == 0;
            EndRun();
            AnchoredStart &= !first;
            AnchoredEnd = false;
            if (c == '[')
            {
                var close = pattern.IndexOf(']', i + 1);
                if (close < 0)
                {
                    throw new JobServerException("InvalidWildcard", JobErrorKind.InvalidInput,
                        $"The pattern '{pattern}' has an open bracket.", "Close it, or write `[ for a bracket of the text itself.");
                }

                expression.Append('[').Append(pattern[(i + 1)..close].Replace("\\", "\\\\").Replace("[", "\\[").Replace("^", "\\^")).Append(']');
                i = close;
            }
            else
            {
                expression.Append(c == '*' ? ".*" : ".");
            }
        }

        if (run.Length > 0)
        {
            AnchoredEnd = true;
        }

        EndRun();
        Segments = segments;
        if (plain)
        {
            literal = string.Concat(segments);
            return;
        }

        try
        {
            regex = new Regex(expression.Append("\\z").ToString(),
                RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline);
        }
        catch (ArgumentException)
        {
            throw new JobServerException("InvalidWildcard", JobErrorKind.InvalidInput,
                $"The pattern '{pattern}' has a bracket with nothing in it, or with a range that runs backwards.", "Write ranges upwards ([a-z]), or `[ for a bracket of the text itself.");
        }
    }

    /// <summary>The pattern as given.</summary>
    public string Pattern { get; }

    /// <summary>Whether it has no wildcard, so that only one text (in any case) matches.</summary>
    public bool IsLiteral => literal is not null;

    /// <summary>The text that it matches when <see cref="IsLiteral"/>, escapes resolved.</summary>
    public string? Literal => literal;

    /// <summary>The plain pieces between wildcards, in order: each must occur, one after the other.</summary>
    public IReadOnlyList<string> Segments { get; }

    /// <summary>Whether the first segment must stand at the start.</summary>
    public bool AnchoredStart { get; }

    /// <summary>Whether the last segment must stand at the end.</summary>
    public bool AnchoredEnd { get; }

    /// <summary>Whether a text matches.</summary>
    /// <param name="text">The text; null is taken as empty.</param>
    /// <returns>Whether it matches.</returns>
    public bool IsMatch(string? text) =>
        literal is not null ? string.Equals(literal, text ?? "", StringComparison.OrdinalIgnoreCase) : regex!.IsMatch(text ?? "");

    /// <summary>The pattern that matches just one text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The text, its wildcards and backticks escaped.</returns>
    public static string Escape(string text)
    {
        var pattern = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            pattern.Append(c is '*' or '?' or '[' or ']' or '`' ? "`" : "").Append(c);
        }

        return pattern.ToString();
    }

    /// <summary>Whether a text has any wildcard, so that it stands for a set of names.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Whether it has one.</returns>
    public static bool HasWildcard(string text) => text.AsSpan().IndexOfAny('*', '?', '[') >= 0;
}
