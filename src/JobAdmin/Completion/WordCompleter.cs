using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using JobAdmin.Connecting;
using JobAdmin.Parameters;

namespace JobAdmin.Completion;

/// <summary>A completer of words that are known without asking a server.</summary>
public abstract class WordCompleter : IArgumentCompleter
{
    /// <summary>Completes an argument.</summary>
    /// <param name="commandName">The command.</param>
    /// <param name="parameterName">The parameter.</param>
    /// <param name="wordToComplete">The word so far.</param>
    /// <param name="commandAst">The command as parsed.</param>
    /// <param name="fakeBoundParameters">The parameters so far.</param>
    /// <returns>The completions.</returns>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        var word = new CompletionWord(wordToComplete);
        foreach (var (value, tip) in Words(commandName))
        {
            if (word.Fits(value))
            {
                yield return word.Result(value, tip);
            }
        }
    }

    internal abstract IEnumerable<(string Value, string Tip)> Words(string commandName);
}

/// <summary>Completes states.</summary>
public sealed class StateCompleter : WordCompleter
{
    internal override IEnumerable<(string Value, string Tip)> Words(string commandName) => JobStates.Names.Select(name => (name, name));
}

/// <summary>Completes connections by name.</summary>
public sealed class ConnectionCompleter : WordCompleter
{
    internal override IEnumerable<(string Value, string Tip)> Words(string commandName) =>
        ConnectionRegistry.Here.All.Select(connection => (connection.Name, $"{connection.Kind} at {connection.Endpoint}"));
}

/// <summary>Completes nothing, where whatever PowerShell would offer instead is wrong.</summary>
public sealed class NothingCompleter : WordCompleter
{
    internal override IEnumerable<(string Value, string Tip)> Words(string commandName) => [];
}

/// <summary>Completes kinds of events.</summary>
public sealed class EventCompleter : WordCompleter
{
    private static readonly string[] Events =
    [
        "added", "waiting", "delayed", "waiting-children", "active", "progress", "completed", "failed", "retries-exhausted", "stalled", "removed",
        "cleaned", "drained", "paused", "resumed", "duplicated", "deduplicated",
    ];

    internal override IEnumerable<(string Value, string Tip)> Words(string commandName) => Events.Select(name => (name, name));
}
