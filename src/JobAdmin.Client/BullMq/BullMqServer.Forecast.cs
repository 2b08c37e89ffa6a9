using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Telling before a change what it would come to.</summary>
internal sealed partial class BullMqServer : IJobForecasts
{
    private static readonly (string Word, string Scan)[] ChildParts = [("dependencies", "SSCAN"), ("processed", "HSCAN"), ("failed", "HSCAN"), ("unsuccessful", "ZSCAN")];

    public IJobForecast? Foresee(JobChange change) => change is JobChange.Remove or JobChange.Stop ? new ChangeForecast(this, change) : null;

    internal string KeyOf(string queue, string id) => Keys(queue).Base + id;

    /// <summary>Ids of jobs that match, in pages: those that are to be looked at for a forecast.</summary>
    internal async IAsyncEnumerable<IReadOnlyList<string>> ForecastIdsAsync(JobQuery query, JobChange change, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var left = query.First ?? long.MaxValue;
        foreach (var (state, otherName) in await WalksAsync(query, cancellationToken).ConfigureAwait(false))
        {
            // Children go along with a deletion only, an active job has a worker, and what else is refused is the next run of a scheduler: that has not finished.
            if (query.First is null && change is not JobChange.Remove { KeepChildren: false } && state != JobState.Active
                && (StateWords.ScoreIsFinishedOn(state) || state == JobState.WaitingChildren || (change is JobChange.Stop && state != JobState.Delayed)))
            {
                continue;
            }

            await foreach (var ids in ForecastIdsAsync(query, state, otherName, cancellationToken).ConfigureAwait(false))
            {
                IReadOnlyList<string> some = ids.Count > left ? [.. ids.Take((int)left)] : ids;
                left -= some.Count;
                yield return some;
                if (left <= 0)
                {
                    yield break;
                }
            }
        }
    }

    /// <summary>Which of some jobs match.</summary>
    internal async Task<IReadOnlyList<string>> WhichMatchAsync(JobQuery query, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var (states, filter) = (StateWords.Expand(query.States), new FilterText(query.Filter, scoreIsTime: false));
        var jobs = await ReadByIdAsync(query.Queue, ids, JobState.Unknown, filter.Parts, filter.Json, cancellationToken).ConfigureAwait(false);
        return [.. jobs.Where(job => states.Contains(job.State) && filter.Matches(job)).Select(job => job.Id)];
    }

    // Which jobs are among the first can only be told by a look at all of them.
    private IAsyncEnumerable<IReadOnlyList<string>> ForecastIdsAsync(JobQuery query, JobState state, JobState? otherName, CancellationToken cancellationToken) =>
        StateWords.IsList(state) && query.Filter.IsEmpty
            ? ListIdsAsync(query.Queue, state, otherName, cancellationToken)
            : MatchingIdsAsync(query, state, start: null, () => ScanPage, cancellationToken, onlyWithKin: query.First is null, otherName: otherName);

    private async IAsyncEnumerable<IReadOnlyList<string>> ListIdsAsync(string queue, JobState state, JobState? otherName, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var walk = new ListWalk(runner, Keys(queue), state, fromTail: true, otherName: otherName);
        while (await walk.NextAsync(ScanPage, cancellationToken).ConfigureAwait(false) is { Count: > 0 } ids)
        {
            yield return ids;
        }
    }

    /// <summary>What stands against a change of a job, and what it has noted of its children.</summary>
    internal sealed record Foreseen(int Code, bool IsChild, int Children, IReadOnlyList<(bool Pending, string Key)> Keys);

    /// <summary>Looks at jobs that a change is for.</summary>
    /// <param name="queue">Their queue, or where they hang below those, the queue of these.</param>
    /// <param name="below">Whether they are keys of jobs that hang below.</param>
    /// <param name="names">Ids, or keys.</param>
    /// <param name="change">The change.</param>
    /// <param name="most">How many children to name of each at the most.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal async Task<IReadOnlyList<Foreseen>> ForeseeAsync(string queue, bool below, IReadOnlyList<string> names, JobChange change, int most, CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        var profile = await ProfileAsync(queue, fresh: false, cancellationToken).ConfigureAwait(false);
        var word = change switch { JobChange.Stop => "stop", JobChange.Remove { KeepChildren: true } => "keep", _ => "remove" };
        // BullMQ 4 knows no schedulers, and deletes any job.
        var refuses = !below && (profile.Major > 4 || change is JobChange.Stop);
        object[] arguments = [below ? "" : keys.Base, word, refuses ? "1" : "0", most, .. names];
        var answer = await runner.RunAsync(ScriptCatalog.OfChildren("forecast"), reads: true, [keys.Meta], arguments, cancellationToken).ConfigureAwait(false);
        return Read((byte[])answer!, names.Count);
    }

    /// <summary>The keys of all children of a parent that has many, in pages.</summary>
    internal async IAsyncEnumerable<IReadOnlyList<(bool Pending, string Key)>> AllChildrenAsync(string job, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (part, command) in ChildParts)
        {
            var cursor = "0";
            do
            {
                var answer = (RedisResult[])(await runner.RunAsync(ScriptCatalog.Own("child-page"), reads: true, [$"{job}:{part}"], [command, cursor], cancellationToken).ConfigureAwait(false))!;
                cursor = (string)answer[0]!;
                yield return [.. ((RedisResult[])answer[1]!).Select(key => (part == "dependencies", (string)key!))];
            }
            while (cursor != "0");
        }
    }

    private static List<Foreseen> Read(ReadOnlyMemory<byte> packed, int count)
    {
        var all = new List<Foreseen>(count);
        var reader = new MsgPackReader(packed);
        for (var i = 0; i < count; i++)
        {
            var (code, isChild) = ((int)reader.ReadInteger(), reader.ReadInteger() == 1);
            var total = 0L;
            for (var part = 0; part < 4; part++)
            {
                total += reader.ReadInteger();
            }

            var keys = new (bool, string)[reader.ReadCount()];
            for (var k = 0; k < keys.Length; k++)
            {
                keys[k] = (reader.ReadString() == "p", reader.ReadString() ?? "");
            }

            all.Add(new Foreseen(code, isChild, (int)total, keys));
        }

        return all;
    }
}
