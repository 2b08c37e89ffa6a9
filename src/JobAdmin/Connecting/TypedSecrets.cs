using System.Management.Automation;
using System.Management.Automation.Language;

namespace JobAdmin.Connecting;

/// <summary>Strikes secrets out of what PowerShell remembers of a command line: every error record holds the line as typed, and the arguments.</summary>
internal static class TypedSecrets
{
    private const string Stars = "***";

    /// <summary>Strikes them out.</summary>
    /// <param name="invocation">What PowerShell remembers.</param>
    /// <param name="secrets">The secrets as they may have been typed.</param>
    public static void StrikeOut(InvocationInfo invocation, IEnumerable<string> secrets)
    {
        // The longest first, so that none is left behind as a part of another.
        var typed = secrets.Where(secret => secret.Length > 0).Distinct().OrderByDescending(secret => secret.Length).ToList();
        if (typed.Count == 0)
        {
            return;
        }

        foreach (var (name, value) in invocation.BoundParameters.ToList())
        {
            if (value is string text)
            {
                invocation.BoundParameters[name] = Strike(text, typed);
            }
        }

        for (var i = 0; i < invocation.UnboundArguments.Count; i++)
        {
            if (invocation.UnboundArguments[i] is string text)
            {
                invocation.UnboundArguments[i] = Strike(text, typed);
            }
        }

        // Other commands of the line may have been typed with secrets of their own, so only this one is shown.
        var statement = Strike(Statement(invocation), typed);
        var (script, line) = (invocation.ScriptName, invocation.ScriptLineNumber);
        invocation.DisplayScriptPosition = new ScriptExtent(
            new ScriptPosition(script, line, 1, statement),
            new ScriptPosition(script, line, statement.Length + 1, statement));
    }

    // Newer versions know the statement by itself, which their reference assembly does not say.
    private static string Statement(InvocationInfo invocation)
    {
        var text = PSObject.AsPSObject(invocation).Properties["Statement"]?.Value as string;
        text = string.IsNullOrEmpty(text) ? (invocation.Line ?? "")[Math.Clamp(invocation.OffsetInLine - 1, 0, invocation.Line?.Length ?? 0)..] : text;
        var end = text.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? text : text[..end];
    }

    private static string Strike(string text, List<string> secrets) =>
        secrets.Aggregate(text, (current, secret) => current.Replace(secret, Stars, StringComparison.Ordinal));
}
