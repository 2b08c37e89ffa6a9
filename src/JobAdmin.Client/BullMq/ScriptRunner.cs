using System.Diagnostics;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Sends commands and scripts, reports them to the wire log and turns Redis errors into ours.</summary>
/// <remarks>A server that is away for a moment (restarted, failing over, held up by a script) is waited for: what only reads is asked again, and so is
/// what Redis refused before it ran anything. A change whose answer was lost is the caller's to look after.</remarks>
internal sealed class ScriptRunner(IDatabase database, bool readOnlyScripts, RedisErrors errors, StallGuard? stalls = null)
{
    /// <summary>How long a server that is away is waited for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(250);

    public IDatabase Database => database;

    /// <summary>The command that runs a script which only reads.</summary>
    public string ReadCommand => readOnlyScripts ? "EVALSHA_RO" : "EVALSHA";

    /// <summary>Whether a key has a hash tag, as Redis reads it: what stands between the first brace and the next closing one, if anything does.</summary>
    public static bool HasTag(RedisKey key) => (string)key! is var text && text.IndexOf('{') is var open and >= 0 && text.IndexOf('}', open) > open + 1;

    /// <summary>Runs a script by its SHA-1, sending the text when Redis doesn't have it.</summary>
    /// <param name="script">The script.</param>
    /// <param name="reads">Whether it only reads: Redis 7 is then told so, and a user without write rights may run it.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="arguments">The arguments: strings, byte arrays or numbers.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <param name="again">Whether it may be run again when its answer was lost, though it changes something.</param>
    public async Task<RedisResult> RunAsync(LuaScript script, bool reads, IReadOnlyList<RedisKey> keys, IReadOnlyList<object> arguments, CancellationToken cancellationToken, bool again = false)
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

        // A node that is being given the slot has some of its keys, and a script would take the others for missing.
        var flags = (reads ? CommandFlags.PreferMaster : CommandFlags.DemandMaster) | CommandFlags.NoRedirect;
        return await CallAsync(() => SendAsync(script, suffix, args, flags, cancellationToken), $"EVALSHA{suffix} {script.Name}", arguments.Count, cancellationToken, again || reads, keys.Count > 0 && HasTag(keys[0]))
            .ConfigureAwait(false);
    }

    /// <summary>Sends one command, its first key as a <see cref="RedisKey"/>.</summary>
    public Task<RedisResult> CommandAsync(bool reads, string command, IReadOnlyList<object> arguments, CancellationToken cancellationToken) =>
        CommandAsync(reads, again: reads, command, arguments, cancellationToken);

    /// <summary>Sends one command, and says whether it may be sent again when its answer was lost.</summary>
    public Task<RedisResult> CommandAsync(bool reads, bool again, string command, IReadOnlyList<object> arguments, CancellationToken cancellationToken) =>
        CallAsync(() => database.ExecuteAsync(command, [.. arguments], reads ? CommandFlags.PreferMaster : CommandFlags.DemandMaster), command, arguments.Count, cancellationToken, again);

    /// <summary>Makes any call of the library under the same rules.</summary>
    /// <param name="call">The call.</param>
    /// <param name="what">What it is, for the wire log and errors.</param>
    /// <param name="size">How many arguments it has.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <param name="again">Whether it may be made again when its answer was lost.</param>
    /// <param name="tagged">Whether its keys belong together by a hash tag, so that a node without some of them is about to get or to give them.</param>
    public async Task<T> CallAsync<T>(Func<Task<T>> call, string what, int size, CancellationToken cancellationToken, bool again = true, bool tagged = false)
    {
        var trouble = 0L;
        var wait = TimeSpan.FromMilliseconds(20);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (errors.Refusal is { } refusal)
            {
                throw refusal;
            }

            var started = Stopwatch.GetTimestamp();
            try
            {
                var result = await call().WaitOrLeaveAsync(cancellationToken).ConfigureAwait(false);
                WireLog.Write($"{what}, {size} arguments", Stopwatch.GetElapsedTime(started));
                return result;
            }
            catch (Exception exception) when (exception is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException)
            {
                WireLog.Write($"{what} failed", Stopwatch.GetElapsedTime(started));
                var error = errors.Refusal ?? errors.Translate(exception, what);
                error = tagged && error.ErrorId == "CrossSlot" ? errors.SlotsMoving(what) : error;
                if (error.Kind == JobErrorKind.Timeout)
                {
                    stalls?.HangUp(started);
                }

                trouble = trouble == 0 ? started : trouble;
                if (!RedisErrors.RefusedForNow(error) && !(again && RedisErrors.IsPassing(error)) || Stopwatch.GetElapsedTime(trouble) > Patience)
                {
                    throw error;
                }
            }

            await Task.Delay(wait, cancellationToken).ConfigureAwait(false);
            wait = wait < LongestWait ? wait * 2 : LongestWait;
        }
    }

    private async Task<RedisResult> SendAsync(LuaScript script, string suffix, object[] args, CommandFlags flags, CancellationToken cancellationToken)
    {
        try
        {
            return await database.ExecuteAsync("EVALSHA" + suffix, args, flags).WaitOrLeaveAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // Redis refused before it ran anything, so sending the text is safe even for a change.
            var whole = (object[])args.Clone();
            whole[0] = script.Text;
            return await database.ExecuteAsync("EVAL" + suffix, whole, flags).WaitOrLeaveAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
