using System.Globalization;
using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>Makes schedulers of the rows that <c>schedulers.lua</c> writes.</summary>
internal sealed class SchedulerRows(IJobServer server, string queue, int major, int runs)
{
    private static readonly string[] Fields = ["name", "ic", "every", "pattern", "tz", "limit", "startDate", "endDate", "offset"];

    public List<JobScheduler> Read(ReadOnlyMemory<byte> packed)
    {
        var reader = new MsgPackReader(packed);
        var all = new List<JobScheduler>();
        for (var left = reader.ReadInteger(); left > 0; left--)
        {
            var id = reader.ReadString() ?? "";
            var score = reader.ReadString();
            var state = reader.ReadString() ?? "";
            var count = Number(reader.ReadString());
            var fields = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var field in Fields)
            {
                if (reader.ReadString() is { } value)
                {
                    fields[field] = value;
                }
            }

            var data = reader.ReadString();
            var options = reader.ReadString();
            _ = reader.ReadString();
            var (jobData, job, due) = (reader.ReadString(), new EarlyScheduler(reader.ReadString()), reader.ReadString());
            if (fields.ContainsKey("ic"))
            {
                job.Add(fields, Number(due) - Number(score));
                all.Add(Scheduler(id, score, due, state, count, fields, data, options));
            }
            else if (fields.Count == 0 || HasOldForm(id) || job.IsRepeatable(id, fields))
            {
                all.Add(Old(id, score, state, fields, data));
            }
            else
            {
                job.Complete(fields);
                job.Add(fields, Number(due) - Number(score));
                all.Add(Scheduler(id, score, due, state, count, fields, data ?? jobData, options ?? job.Template));
            }
        }

        return all;
    }

    /// <summary>Whether a member of the set has the form of a repeatable job of old: <c>name:id:end:zone:pattern</c>.</summary>
    public static bool HasOldForm(string id) => id.Split(':', 5) is [_, _, var end, _, { Length: > 0 } rule] && end.All(char.IsAsciiDigit) && (rule.Contains(' ') || rule.All(char.IsAsciiDigit));

    private JobScheduler Scheduler(string id, string? score, string? due, string state, long? count, Dictionary<string, string> fields, string? data, string? options)
    {
        var next = Time(due ?? score);
        var limit = Number(fields.GetValueOrDefault("limit"));
        var end = Time(fields.GetValueOrDefault("endDate"));
        var settings = new JobSchedulerSettings
        {
            Id = id, Pattern = fields.GetValueOrDefault("pattern"), TimeZone = fields.GetValueOrDefault("tz"), Every = Span(fields.GetValueOrDefault("every")), EndDate = end,
        };
        var noted = Number(fields.GetValueOrDefault("ic"));
        var made = count ?? noted;
        var (how, problem) = State(state, next, limit <= made || end < DateTimeOffset.UtcNow);
        var upcoming = how is JobSchedulerState.Ended or JobSchedulerState.Stuck || next is not { } first ? [] : Runs(settings, first, limit - made, ref problem);
        return new JobScheduler
        {
            Server = server,
            Queue = queue,
            Id = id,
            Name = fields.GetValueOrDefault("name", ""),
            State = how,
            Pattern = settings.Pattern,
            TimeZone = settings.TimeZone,
            Every = settings.Every,
            Offset = Span(fields.GetValueOrDefault("offset")) is { } offset && offset > TimeSpan.Zero ? offset : null,
            Limit = limit,
            StartDate = Time(fields.GetValueOrDefault("startDate")),
            EndDate = end,
            IterationCount = noted > count ? noted : count ?? noted,
            Next = next,
            NextRuns = upcoming,
            NextJobId = state.Length > 0 && how is not (JobSchedulerState.Ended or JobSchedulerState.Stuck) ? $"repeat:{id}:{score}" : null,
            RawData = Bytes(data),
            RawOptions = Bytes(options),
            Problem = problem,
        };
    }

    private JobScheduler Old(string id, string? score, string state, Dictionary<string, string> fields, string? data)
    {
        if (fields.Count == 0 && !HasOldForm(id))
        {
            return new JobScheduler
            {
                Server = server, Queue = queue, Id = id, State = JobSchedulerState.Stuck, Next = Time(score), Problem = "what it does is gone: remove it, or set it anew",
            };
        }

        var parts = id.Split(':', 5);
        var rule = fields.GetValueOrDefault("pattern") ?? (parts.Length == 5 && !parts[4].All(char.IsAsciiDigit) ? parts[4] : null);
        return new JobScheduler
        {
            Server = server,
            Queue = queue,
            Id = id,
            Name = fields.GetValueOrDefault("name", parts[0]),
            State = JobSchedulerState.Legacy,
            Pattern = rule,
            TimeZone = fields.GetValueOrDefault("tz") ?? (parts.Length == 5 && parts[3].Length > 0 ? parts[3] : null),
            Every = Span(fields.GetValueOrDefault("every") ?? (rule is null && parts.Length == 5 ? parts[4] : null)),
            EndDate = Time(fields.GetValueOrDefault("endDate") ?? (parts.Length == 5 ? parts[2] : null)),
            Limit = Number(fields.GetValueOrDefault("limit")),
            Next = Time(score),
            NextJobId = HasOldForm(id) ? $"repeat:{EarlyScheduler.Digest(parts[0] + parts[1] + EarlyScheduler.Digest(id))}:{score}" : state.Length > 0 ? $"repeat:{id}:{score}" : null,
            RawData = Bytes(data),
            Problem = "a repeatable job of BullMQ 4 or early 5: it is shown, and changed only by its application",
        };
    }

    private static (JobSchedulerState State, string? Problem) State(string job, DateTimeOffset? next, bool ended) => job switch
    {
        "active" or "waiting-children" => (JobSchedulerState.Running, null),
        "wait" or "paused" or "prioritized" => (JobSchedulerState.Due, null),
        "delayed" => (next <= DateTimeOffset.UtcNow ? JobSchedulerState.Due : JobSchedulerState.Scheduled, null),
        _ when ended => (JobSchedulerState.Ended, null),
        _ => (JobSchedulerState.Stuck, "its next job is gone, so it can't fire any more: set it anew to mend it"),
    };

    /// <summary>The run that is noted, then those that follow from it.</summary>
    private List<DateTimeOffset> Runs(JobSchedulerSettings settings, DateTimeOffset first, long? more, ref string? problem)
    {
        if (runs == 0)
        {
            return [];
        }

        var upcoming = new List<DateTimeOffset> { first };
        try
        {
            var after = first > DateTimeOffset.UtcNow ? first : DateTimeOffset.UtcNow;
            var rest = (int)Math.Min(runs - 1, more ?? runs);
            if (settings.Every is { } every)
            {
                var missed = Math.Max(0, (long)Math.Ceiling((after - first) / every) - 1);
                var possible = (SchedulerPlan.Latest - first) / every;
                upcoming.AddRange(Enumerable.Range(1, Math.Max(0, rest)).TakeWhile(n => missed + n <= possible).Select(n => first + (every * (missed + n)))
                    .TakeWhile(run => settings.EndDate is not { } end || run <= end));
            }
            else if (after < SchedulerPlan.Latest)
            {
                upcoming.AddRange(new SchedulerPlan(settings, major, DateTimeOffset.UtcNow).Runs(after, rest));
            }
        }
        catch (JobServerException exception)
        {
            // It was set by another hand: it may be something that only its workers can read, or that they can't either.
            problem ??= exception.Message;
        }

        return upcoming;
    }

    private static ReadOnlyMemory<byte>? Bytes(string? text) => text is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(text);

    private static long? Number(string? text) => double.TryParse(text, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < 9e15 ? (long)number : null;

    private static TimeSpan? Span(string? text) => Number(text) is { } ms && ms < TimeSpan.MaxValue.TotalMilliseconds ? TimeSpan.FromMilliseconds(ms) : null;

    private static DateTimeOffset? Time(string? text) => Number(text) is { } ms ? JobRows.FromMilliseconds(ms) : null;
}
