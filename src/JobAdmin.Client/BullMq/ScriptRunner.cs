using System.Diagnostics;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Sends commands and scripts, reports them to the wire log and turns Redis errors into ours.</summary>
internal sealed class ScriptRunner(IDatabase database, bool readOnlyScripts, RedisErrors errors)
{
    public IDatabase Database => database;

    /// <summary>Runs a script by its SHA-1, sending the text when Redis doesn't have it.</summary>
    /// <param name="script">The script.</param>
    /// <param name="reads">Whether it only reads: Redis 7 is then told so, and a user without write rights may run it.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="arguments">The arguments: strings, byte arrays or numbers.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    public async Task<RedisResult> RunAsync(LuaScript script, bool reads, IReadOnlyList<RedisKey> keys, IReadOnlyList<object> arguments, CancellationToken cancellationToken)
    {
        var suffix = reads && readOnlyScripts ? "_RO" : "";
        var args = new object[2 + keys.Count + arguments.Count];
        args[0] = script.Sha;
        args[1] = keys.Count;
        for (var i = 0; i < keys.Count; i++)
        {
            args[2 + i] = keys[i];
        }

        for (var i = 0; i < arguments.Count; i++)
        {
            args[2 + keys.Count + i] = arguments[i];
        }

        var flags = reads ? CommandFlags.PreferMaster : CommandFlags.DemandMaster;
        return await CallAsync(() => SendAsync(script, suffix, args, flags, cancellationToken), $"EVALSHA{suffix} {script.Name}", arguments.Count, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends one command, its first key as a <see cref="RedisKey"/>.</summary>
    public Task<RedisResult> CommandAsync(bool reads, string command, IReadOnlyList<object> arguments, CancellationToken cancellationToken) =>
        CallAsync(() => database.ExecuteAsync(command, [.. arguments], reads ? CommandFlags.PreferMaster : CommandFlags.DemandMaster), command, arguments.Count, cancellationToken);

    /// <summary>Makes any call of the library under the same rules.</summary>
    public async Task<T> CallAsync<T>(Func<Task<T>> call, string what, int size, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = Stopwatch.GetTimestamp();
        try
        {
            var result = await call().WaitAsync(cancellationToken).ConfigureAwait(false);
            WireLog.Write($"{what}, {size} arguments", Stopwatch.GetElapsedTime(started));
            return result;
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
        {
            WireLog.Write($"{what} failed", Stopwatch.GetElapsedTime(started));
            throw errors.Translate(exception, what);
        }
    }

    private async Task<RedisResult> SendAsync(LuaScript script, string suffix, object[] args, CommandFlags flags, CancellationToken cancellationToken)
    {
        try
        {
            return await database.ExecuteAsync("EVALSHA" + suffix, args, flags).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // Redis refused before it ran anything, so sending the text is safe even for a change.
            var whole = (object[])args.Clone();
            whole[0] = script.Text;
            return await database.ExecuteAsync("EVAL" + suffix, whole, flags).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
