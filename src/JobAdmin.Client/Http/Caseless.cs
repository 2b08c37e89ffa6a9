namespace JobAdmin.Client.Http;

/// <summary>Pieces of text that are the same in any case, for servers that mind case where the user's patterns do not.</summary>
internal static class Caseless
{
    /// <summary>The longest run of characters without case.</summary>
    /// <param name="texts">The texts to look in.</param>
    /// <param name="belongs">Which of these characters count; null for all.</param>
    /// <returns>The run; empty when there is none.</returns>
    public static string LongestRun(IEnumerable<string> texts, Func<char, bool>? belongs = null)
    {
        var longest = "";
        foreach (var text in texts)
        {
            var start = 0;
            for (var i = 0; i <= text.Length; i++)
            {
                if (i < text.Length && char.IsAscii(text[i]) && !char.IsAsciiLetter(text[i]) && belongs?.Invoke(text[i]) != false)
                {
                    continue;
                }

                longest = i - start > longest.Length ? text[start..i] : longest;
                start = i + 1;
            }
        }

        return longest;
    }
}
