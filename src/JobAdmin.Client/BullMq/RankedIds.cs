using System.Globalization;
using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>The ids of some states, one state after the other, by their rank, over a lane. Of what is left out, much is jumped over, and little is read along by whoever
/// reads the jobs, as in other listings.</summary>
internal sealed class RankedIds(RowLane lane, QueueKeys keys, IReadOnlyList<JobState> states, bool oldestFirst, long skip)
{
    private const int AtOnce = 1000;

    private readonly long[] sizes = new long[states.Count];
    private readonly List<Slice> texts = [];
    private readonly List<(Slice Id, Slice Score, int Place)> found = [];
    private readonly HashSet<string> listed = new(StringComparer.Ordinal);
    private byte[] bytes = [];
    private int at, asked;
    private long before, rank, batch;
    private bool ended, begun;

    /// <summary>The state of the ids that were read last.</summary>
    public JobState State => states[at];

    /// <summary>How many jobs are still to be read along and dropped.</summary>
    public long Skip { get; set; } = skip;

    /// <summary>An id.</summary>
    /// <param name="index">Which of those that were read last.</param>
    public ReadOnlySpan<byte> Id(int index) => found[index].Id.Of(bytes);

    /// <summary>Its score; empty unless the job is delayed.</summary>
    public ReadOnlySpan<byte> Score(int index) => found[index].Score.Of(bytes);

    /// <summary>How many entries of the states stand before an id.</summary>
    public long Place(int index) => before + (index < found.Count ? batch + found[index].Place : rank);

    /// <summary>Begins: the lengths of all states, and the first ids.</summary>
    /// <param name="wanted">How many jobs are wanted.</param>
    /// <returns>How many entries the states have.</returns>
    public long Begin(long wanted)
    {
        foreach (var state in states)
        {
            lane.Begin(2);
            lane.Add(StateWords.IsList(state) ? "LLEN"u8 : "ZCARD"u8);
            lane.Add(Key(state));
        }

        rank = Skip >= BullMqServer.SkipWorthAJump ? Skip : 0;
        Ask(wanted);
        lane.Send();
        for (var i = 0; i < sizes.Length; i++)
        {
            RowLane.Expect(lane.TryReadNumber(out var size));
            sizes[i] = size;
        }

        Enter();
        Read();
        begun = true;
        return sizes.Sum();
    }

    /// <summary>Reads the next ids.</summary>
    /// <param name="wanted">How many jobs are wanted.</param>
    /// <returns>How many there are; none at the end.</returns>
    public int Next(long wanted)
    {
        if (begun)
        {
            begun = false;
            if (found.Count > 0)
            {
                return found.Count;
            }
        }

        while (!ended || at < states.Count - 1)
        {
            if (ended)
            {
                before += sizes[at++];
                Enter();
            }

            Ask(wanted);
            lane.Send();
            Read();
            if (found.Count > 0)
            {
                return found.Count;
            }
        }

        return 0;
    }

    private string Key(JobState state) => keys.Base + StateWords.KeyWord(state);

    private void Enter()
    {
        rank = Skip >= BullMqServer.SkipWorthAJump ? Math.Min(Skip, sizes[at]) : 0;
        Skip -= rank;
        ended = false;
        listed.Clear();
    }

    private void Ask(long wanted)
    {
        asked = (int)Math.Min(AtOnce, wanted + (Skip < BullMqServer.SkipWorthAJump ? Skip : 0));
        var (from, to) = (rank, rank + asked - 1);
        var list = StateWords.IsList(State);
        lane.Begin(State == JobState.Delayed ? 5 : 4);
        lane.Add(list ? "LRANGE" : oldestFirst ? "ZRANGE" : "ZREVRANGE");
        lane.Add(Key(State));
        // Workers take from the right end of a list, so the oldest stand there.
        foreach (var place in list && oldestFirst ? [-to - 1, -from - 1] : new[] { from, to })
        {
            lane.Add(place.ToString(CultureInfo.InvariantCulture));
        }

        if (State == JobState.Delayed)
        {
            lane.Add("WITHSCORES"u8);
        }
    }

    private void Read()
    {
        texts.Clear();
        found.Clear();
        lane.NextAnswer();
        RowLane.Expect(lane.TryReadTexts(texts));
        var step = State == JobState.Delayed ? 2 : 1;
        var count = texts.Count / step;
        (batch, rank, ended) = (rank, rank + count, count < asked);
        if (count == 0)
        {
            return;
        }

        var start = texts[0].Start;
        var end = texts[^1].Start + texts[^1].Length;
        bytes = lane.Bytes[start..end].ToArray();
        var list = StateWords.IsList(State);
        for (var i = 0; i < count; i++)
        {
            var text = texts[list && oldestFirst ? count - 1 - i : i * step];
            var id = new Slice(text.Start - start, text.Length);
            // BullMQ 4 keeps pseudo ids in a list to wake its workers.
            if (!list || (!id.Of(bytes).StartsWith("0:"u8) && listed.Add(Encoding.UTF8.GetString(id.Of(bytes)))))
            {
                found.Add((id, step == 1 ? Slice.Missing : new Slice(texts[(i * 2) + 1].Start - start, texts[(i * 2) + 1].Length), i));
            }
        }
    }
}
