using System.Buffers;
using System.Text;

namespace JobAdmin;

/// <summary>Takes out of a failed reason what differs from job to job, so that reasons of one kind become the same text.</summary>
/// <remarks>What is taken out leaves a <c>*</c>: quoted text, paths, addresses, numbers, UUIDs, hexadecimal and other ids. All else stays as it is, so the
/// result is a wildcard pattern that the reason matches. A number of up to three digits behind <c>code, status, HTTP, errno</c> or <c>exit</c> stays too:
/// 404 and 503 are two kinds. Of a long text only the beginning counts, and the result ends with <c>…</c>.</remarks>
public static class JobReason
{
    /// <summary>How much of a reason counts.</summary>
    internal const int Longest = 500;

    /// <summary>Bytes of UTF-8 that hold at least <see cref="Longest"/> characters and one more.</summary>
    internal const int LongestBytes = 2048;

    private const char Hole = '*';
    private const char Cut = '…';
    private static readonly SearchValues<char> Ends = SearchValues.Create(" \t\r\n\v\f()[]{}<>\"'`“”‘’«»;|=");
    private static readonly SearchValues<char> AddressEnds = SearchValues.Create(" \t\r\n\v\f(){}<>\"'`“”‘’«»|");
    private static readonly SearchValues<char> Joints = SearchValues.Create("-_.:/,+");
    private static readonly string[] CodeWords = ["code", "status", "http", "errno", "exit"];

    /// <summary>The kind of a reason.</summary>
    /// <param name="reason">The reason; null is taken as empty.</param>
    /// <returns>The text that all reasons of the kind have in common.</returns>
    public static string Normalise(string? reason)
    {
        if (string.IsNullOrEmpty(reason))
        {
            return "";
        }

        var text = reason.AsSpan();
        var cut = text.Length > Longest;
        if (cut)
        {
            text = text[..(char.IsHighSurrogate(text[Longest - 1]) ? Longest - 1 : Longest)];
        }

        var writer = new Writer(text);
        writer.Run();
        return writer.ToString(cut);
    }

    /// <summary>The kind as a wildcard pattern for <c>-Reason</c>: every reason of the kind matches it, and perhaps some others.</summary>
    /// <param name="kind">What <see cref="Normalise"/> gave.</param>
    /// <returns>The pattern.</returns>
    public static string ToWildcard(string kind)
    {
        var open = kind.EndsWith(Cut);
        var pattern = new StringBuilder(kind.Length + 8);
        foreach (var c in open ? kind.AsSpan(0, kind.Length - 1) : kind)
        {
            if (c is '[' or ']' or '?' or '`')
            {
                pattern.Append('`');
            }

            pattern.Append(c);
        }

        return open && !kind.EndsWith("*…", StringComparison.Ordinal) ? pattern.Append(Hole).ToString() : pattern.ToString();
    }

    private ref struct Writer(ReadOnlySpan<char> text)
    {
        private readonly ReadOnlySpan<char> text = text;
        private readonly StringBuilder result = new(text.Length);
        private ReadOnlySpan<char> word;

        public void Run()
        {
            var at = 0;
            while (at < text.Length)
            {
                var c = text[at];
                if (Closing(c) is { } closing && (at == 0 || !char.IsLetterOrDigit(text[at - 1])) && EndOfQuote(at, closing) is var end and > 0)
                {
                    result.Append(c).Append(Hole).Append(text[end]);
                    at = end + 1;
                    word = default;
                }
                else if (Ends.Contains(c))
                {
                    result.Append(c);
                    at++;
                }
                else
                {
                    var chunk = UpTo(text[at..], Ends);
                    chunk = chunk.IndexOf("://", StringComparison.Ordinal) > 0 ? UpTo(text[at..], AddressEnds) : chunk;
                    at += chunk.Length;
                    Add(chunk);
                }
            }
        }

        public readonly string ToString(bool cut) => cut ? result.Append(Cut).ToString() : result.ToString();

        private static ReadOnlySpan<char> UpTo(ReadOnlySpan<char> text, SearchValues<char> ends) => text.IndexOfAny(ends) is var end and >= 0 ? text[..end] : text;

        private static char? Closing(char c) => c switch
        {
            '"' or '\'' or '`' => c,
            '“' => '”',
            '‘' => '’',
            '«' => '»',
            _ => null,
        };

        /// <summary>Where a quoted text ends, or 0: an apostrophe inside of a word is no end.</summary>
        private readonly int EndOfQuote(int start, char closing)
        {
            for (var at = start + 1; at < text.Length; at++)
            {
                if (text[at] == closing && (at + 1 == text.Length || !char.IsLetterOrDigit(text[at + 1])))
                {
                    return at;
                }
            }

            return 0;
        }

        private void Add(ReadOnlySpan<char> chunk)
        {
            var body = chunk.TrimEnd(".,:!?");
            var tail = chunk[body.Length..];
            if (body.IndexOf("://", StringComparison.Ordinal) is var scheme and > 0)
            {
                var host = body[(scheme + 3)..];
                var path = host.IndexOfAny("/?#");
                AddRuns(path < 0 ? body : body[..(scheme + 3 + path)]);
                if (path >= 0)
                {
                    result.Append('/').Append(Hole);
                }
            }
            else if (IsPath(body) || IsMail(body))
            {
                AddHole();
                word = default;
            }
            else
            {
                AddRuns(body);
            }

            result.Append(tail);
        }

        private void AddRuns(ReadOnlySpan<char> chunk)
        {
            var at = chunk.Length > 1 && chunk[0] is '-' or '+' && char.IsDigit(chunk[1]) ? 1 : 0;
            while (at < chunk.Length)
            {
                if (!char.IsLetterOrDigit(chunk[at]))
                {
                    result.Append(chunk[at++]);
                    continue;
                }

                if (IsUuid(chunk[at..]))
                {
                    AddHole();
                    at += 36;
                    continue;
                }

                var end = at + 1;
                while (end < chunk.Length && char.IsLetterOrDigit(chunk[end]))
                {
                    end++;
                }

                AddRun(chunk[at..end], at > 0 ? chunk[at - 1] : ' ');
                at = end;
            }
        }

        private void AddRun(ReadOnlySpan<char> run, char before)
        {
            var digits = 0;
            var changes = 0;
            for (var i = 0; i < run.Length; i++)
            {
                var digit = char.IsDigit(run[i]);
                digits += digit ? 1 : 0;
                changes += i > 0 && digit != char.IsDigit(run[i - 1]) ? 1 : 0;
            }

            if (digits == 0)
            {
                result.Append(run);
                word = run;
                return;
            }

            // The version in HTTP/1.1 is no code; what follows it is.
            var version = before is '/' or '.';
            var code = changes == 0 && run.Length <= 3 && !version && IsCodeWord(word);
            word = version ? word : default;
            if (code)
            {
                result.Append(run);
            }
            else if (IsAddress(run))
            {
                AddHole();
            }
            else if (changes == 1 && !IsHex(run) && char.IsDigit(run[^1]))
            {
                result.Append(run[..^digits]);
                AddHole();
            }
            else if (changes == 1 && run.Length - digits <= 3 && !IsHex(run))
            {
                // A unit: 30s, 10MB.
                AddHole();
                result.Append(run[digits..]);
            }
            else
            {
                AddHole();
            }
        }

        /// <summary>Adds a hole, which takes in the one before when only a joint is between them: an address or a date is one thing.</summary>
        private readonly void AddHole()
        {
            if (result.Length > 0 && result[^1] == Hole)
            {
                return;
            }

            if (result.Length > 1 && result[^2] == Hole && Joints.Contains(result[^1]))
            {
                result.Length--;
                return;
            }

            result.Append(Hole);
        }

        private static bool IsCodeWord(ReadOnlySpan<char> word)
        {
            foreach (var known in CodeWords)
            {
                if (word.Equals(known, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }

            return false;
        }

        private static bool IsHex(ReadOnlySpan<char> run) => run.Length >= 8 && !run.ContainsAnyExcept("0123456789abcdefABCDEF");

        // 0xab is a number, and no 0 with a unit.
        private static bool IsAddress(ReadOnlySpan<char> run) => run.Length > 2 && run[0] == '0' && (run[1] is 'x' or 'X') && !run[2..].ContainsAnyExcept("0123456789abcdefABCDEF");

        private static bool IsUuid(ReadOnlySpan<char> text) => text.Length >= 36 && text[8] == '-' && Guid.TryParseExact(text[..36], "D", out _)
            && (text.Length == 36 || !char.IsLetterOrDigit(text[36]));

        private static bool IsMail(ReadOnlySpan<char> chunk) =>
            chunk.IndexOf('@') is var at and > 0 && chunk[(at + 1)..].IndexOf('.') > 0;

        private static bool IsPath(ReadOnlySpan<char> chunk) =>
            chunk.Length > 1 && chunk[0] is '/' or '\\' || chunk.StartsWith("./") || chunk.StartsWith("../") || chunk.StartsWith("~/")
            || (chunk.Length > 2 && chunk[1] == ':' && chunk[2] is '\\' or '/' && char.IsAsciiLetter(chunk[0])) || chunk.Count('/') > 1;
    }
}
