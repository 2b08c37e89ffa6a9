using System.Management.Automation;

namespace JobAdmin.Health;

/// <summary>Gives a result to whoever started this process: a scheduler or a monitor.</summary>
internal static class ProcessExit
{
    // What PowerShell's own switches that take a value can be shortened to.
    private static readonly string[] WithValue = ["executionpolicy", "ep", "workingdirectory", "wd", "configurationname", "configurationfile", "custompipename", "settingsfile", "inputformat", "outputformat", "windowstyle"];

    /// <summary>Sets the exit code: of the process when it runs a command or a script and ends, and <c>$LASTEXITCODE</c> in any case. A session that somebody works in does not end.</summary>
    public static void Set(PSCmdlet cmdlet, int code)
    {
        cmdlet.SessionState.PSVariable.Set("global:LASTEXITCODE", code);
        if (cmdlet.Host.Name == "ConsoleHost" && EndsByItself(Environment.GetCommandLineArgs().Skip(1)))
        {
            // $LASTEXITCODE alone is not what pwsh -Command ends with.
            cmdlet.Host.SetShouldExit(code);
        }
    }

    /// <summary>Whether a pwsh with these arguments runs something and ends.</summary>
    public static bool EndsByItself(IEnumerable<string> arguments)
    {
        var skip = false;
        foreach (var argument in arguments)
        {
            if (skip)
            {
                skip = false;
                continue;
            }

            if (argument.Length < 2 || argument[0] is not ('-' or '/'))
            {
                // A script, or `-` for one that comes by standard input.
                return true;
            }

            var word = argument.TrimStart('-', '/').ToLowerInvariant();
            if (word.Length >= 3 && "noexit".StartsWith(word, StringComparison.Ordinal))
            {
                return false;
            }

            if (word is "cwa" or "ec" || "command".StartsWith(word, StringComparison.Ordinal) || "file".StartsWith(word, StringComparison.Ordinal)
                || "encodedcommand".StartsWith(word, StringComparison.Ordinal) || "commandwithargs".StartsWith(word, StringComparison.Ordinal))
            {
                return true;
            }

            skip = WithValue.Any(name => name.StartsWith(word, StringComparison.Ordinal));
        }

        return false;
    }
}
