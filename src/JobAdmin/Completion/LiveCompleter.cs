using System.Collections;
using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.CompilerServices;
using JobAdmin.Connecting;

namespace JobAdmin.Completion;

/// <summary>A completer that asks the connected server. It takes half a second at the most, remembers answers for some seconds, and is silent when it fails.</summary>
public abstract class LiveCompleter : IArgumentCompleter
{
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(450);
    // A slow server's answer comes too late for this Tab, and in time for the next one.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(8);
    private static readonly ConditionalWeakTable<IJobServer, ConcurrentDictionary<string, Answer>> Answers = new();

    private sealed record Answer(DateTime At, object Value);

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
        if (Server(fakeBoundParameters) is not { } server)
        {
            return [];
        }

        try
        {
            var work = Task.Run(() => CompleteInTimeAsync(server, commandName, new CompletionWord(wordToComplete), fakeBoundParameters));
            return work.Wait(Budget) ? work.Result : [];
        }
        catch (AggregateException)
        {
            // A completion that fails is no completion: nobody asked for an error.
            return [];
        }
    }

    internal abstract Task<IReadOnlyList<CompletionResult>> CompleteAsync(CompletionRequest request);

    private async Task<IReadOnlyList<CompletionResult>> CompleteInTimeAsync(IJobServer server, string command, CompletionWord word, IDictionary bound)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return await CompleteAsync(new CompletionRequest(server, command, word, bound, patience.Token)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is JobServerException or OperationCanceledException)
        {
            return [];
        }
    }

    /// <summary>An answer of the server, asked for once in some seconds.</summary>
    internal static async Task<T> RememberAsync<T>(IJobServer server, string question, Func<Task<T>> ask)
        where T : notnull
    {
        var answers = Answers.GetOrCreateValue(server);
        if (answers.TryGetValue(question, out var known) && DateTime.UtcNow - known.At < Lifetime)
        {
            return (T)known.Value;
        }

        var value = await ask().ConfigureAwait(false);
        answers[question] = new Answer(DateTime.UtcNow, value);
        return value;
    }

    private static IJobServer? Server(IDictionary bound)
    {
        var connection = bound["Connection"] switch
        {
            JobServerConnection given => given,
            PSObject { BaseObject: JobServerConnection given } => given,
            null => ConnectionRegistry.Here.Current,
            var name => ConnectionRegistry.Here.Find(name.ToString()!) is [var first, ..] ? first : null,
        };
        return connection is { IsClosed: false, Server: { } server } ? server : null;
    }
}
