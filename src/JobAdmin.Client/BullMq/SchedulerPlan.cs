using System.Globalization;
using System.Text.Json.Nodes;

namespace JobAdmin.Client.BullMq;

/// <summary>What a scheduler shall be like, checked, with what BullMQ's script takes of it. What could never fire, or no worker could read, does not get here.</summary>
internal sealed class SchedulerPlan
{
    /// <summary>The last run that can be: BullMQ's scripts write a time of 15 digits with an exponent, and lose the job of it.</summary>
    public static readonly DateTimeOffset Latest = DateTimeOffset.FromUnixTimeMilliseconds(99_999_999_999_999);

    private readonly JobSchedulerSettings settings;
    private readonly JsonObject template;
    private readonly CronPattern? pattern;
    private readonly TimeZoneInfo zone;
    private readonly string? zoneName;

    public SchedulerPlan(JobSchedulerSettings settings, int major, DateTimeOffset now)
    {
        this.settings = settings;
        if (settings.Id.Length == 0 || settings.Id.Count(c => c == ':') > 3)
        {
            throw Bad("InvalidSchedulerId", $"'{settings.Id}' can't be a scheduler's id: it is empty, or has more colons than BullMQ tells from a repeatable job of old.", "Choose another id.");
        }

        if ((settings.Pattern is null) == (settings.Every is null))
        {
            throw Bad("InvalidSchedule", settings.Pattern is null ? "Nothing says when the scheduler runs." : "The scheduler has both a pattern and an interval.",
                "Give -Pattern or -Every, one of the two.");
        }

        if (settings.Every is { } every && (every < TimeSpan.FromMilliseconds(1) || every.Ticks % TimeSpan.TicksPerMillisecond != 0))
        {
            throw Bad("InvalidSchedule", $"An interval of {every} can't be: the smallest is a millisecond.", "Give it with a unit, as in -Every 15m.");
        }

        if (settings.StartDate > Latest || settings.Every > Latest - (settings.StartDate > now ? settings.StartDate.Value : now))
        {
            throw Bad("InvalidSchedule", $"The scheduler would run after the year {Latest.Year}, which BullMQ can't.", settings.StartDate > Latest ? "Give an earlier -StartDate." : "Give a shorter -Every.");
        }

        if (settings.Offset is { } offset && (settings.Every is null || offset < TimeSpan.Zero || offset >= settings.Every))
        {
            throw Bad("InvalidSchedule", "An offset must be shorter than the interval that it belongs to.", "Give -Every with it.");
        }

        if (settings.TimeZone is not null && settings.Pattern is null)
        {
            throw Bad("InvalidSchedule", "A time zone belongs to a pattern, and the scheduler runs by an interval.", "Leave out -TimeZone.");
        }

        if (settings.Limit < 1)
        {
            throw Bad("NeverFires", $"A scheduler with a limit of {settings.Limit} never fires.", "Give a limit of 1 or more, or none.");
        }

        if (settings.EndDate is { } end && (end <= now || end <= settings.StartDate))
        {
            throw Bad("NeverFires", string.Create(CultureInfo.InvariantCulture, $"The scheduler would end at {end.ToLocalTime():yyyy-MM-dd HH:mm:ss zzz}, before it has begun: it would never fire."), "Give a later -EndDate.");
        }

        (zone, zoneName) = FindZone(settings.TimeZone);
        pattern = settings.Pattern is { } text ? new CronPattern(text, major) : null;
        template = NewJobOptions.Parse(settings.Options);
        if (NewJobOptions.Problem(new NewJob { Name = "", Data = settings.Data }, template, isChild: false) is { } problem)
        {
            throw Bad("InvalidJobOptions", problem, "Change the options of its jobs.");
        }

        if (Runs(now, 1).Count == 0)
        {
            throw Bad("NeverFires", settings.EndDate is null ? $"The pattern '{settings.Pattern}' fits no day: the scheduler would never fire." : "The scheduler would end before its first run.",
                "Change the pattern, or give a later -EndDate.");
        }
    }

    /// <summary>The runs from a time on.</summary>
    public IReadOnlyList<DateTimeOffset> Runs(DateTimeOffset from, int count)
    {
        var runs = new List<DateTimeOffset>();
        var begin = settings.StartDate > from ? settings.StartDate.Value : from;
        var at = settings.Every is { } first ? FirstOfInterval(begin, first) : pattern!.Next(begin, zone);
        while (runs.Count < Math.Min(count, settings.Limit ?? long.MaxValue) && at is { } run && run <= Latest && (settings.EndDate is not { } end || run <= end))
        {
            runs.Add(run);
            at = settings.Every is { } every ? run + every : pattern!.Next(run, zone);
        }

        return runs;
    }

    /// <summary>The arguments of BullMQ's script, behind the ones of <c>set-scheduler.lua</c>.</summary>
    /// <param name="keys">The queue.</param>
    /// <param name="now">The time of the change.</param>
    /// <param name="next">The first run by the pattern; null when Redis works it out from the interval.</param>
    public IReadOnlyList<object> Arguments(QueueKeys keys, DateTimeOffset now, DateTimeOffset? next)
    {
        var time = now.ToUnixTimeMilliseconds();
        var millis = next?.ToUnixTimeMilliseconds();
        var every = settings.Every is { } interval ? NewJobOptions.Milliseconds(interval) : (long?)null;
        var offset = every is not null && settings.Offset is { } behind && behind > TimeSpan.Zero ? NewJobOptions.Milliseconds(behind) : (long?)null;
        var (start, end) = (settings.StartDate?.ToUnixTimeMilliseconds(), settings.EndDate?.ToUnixTimeMilliseconds());
        var repeat = With(("name", settings.Name ?? settings.Id), ("startDate", start), ("endDate", end), ("tz", zoneName), ("pattern", settings.Pattern), ("every", every),
            ("limit", settings.Limit), ("offset", offset));
        var job = template.DeepClone().AsObject();
        var rule = With(("pattern", settings.Pattern), ("tz", zoneName), ("every", every), ("limit", settings.Limit), ("startDate", start), ("endDate", end));
        // BullMQ sends these even when they are empty; so the options are stored in the same order.
        rule["offset"] = offset;
        rule["count"] = 1;
        rule["startDate"] = start;
        rule["endDate"] = end;
        job["repeat"] = rule;
        job["jobId"] = $"repeat:{settings.Id}:{millis}";
        job["delay"] = millis is { } due ? Math.Max(0, due - time) : 0;
        job["timestamp"] = time;
        if (millis is not null)
        {
            job["prevMillis"] = millis;
        }

        job["repeatJobKey"] = settings.Id;
        object data = System.Text.Encoding.UTF8.GetBytes(settings.Data);
        return [millis?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "", NewJobOptions.Pack(repeat), settings.Id, data, NewJobOptions.Pack(template), NewJobOptions.Pack(job), time, keys.Base, ""];
    }

    /// <summary>A time zone by the name that workers know it by. Without one, a pattern is taken to be in UTC, as most workers' machines are.</summary>
    private static (TimeZoneInfo Zone, string? Name) FindZone(string? name)
    {
        if (name is null)
        {
            return (TimeZoneInfo.Utc, null);
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(name, out var found))
        {
            throw Bad("InvalidTimeZone", $"There is no time zone '{name}'.", "Give its IANA name, as in -TimeZone Europe/Berlin.");
        }

        if (found.HasIanaId)
        {
            return (found, found.Id);
        }

        // Windows has names of its own, which no worker could read.
        return TimeZoneInfo.TryConvertWindowsIdToIanaId(name, out var iana) ? (found, iana)
            : throw Bad("InvalidTimeZone", $"Workers don't know the time zone '{name}'.", "Give its IANA name, as in -TimeZone Europe/Berlin.");
    }

    private DateTimeOffset FirstOfInterval(DateTimeOffset begin, TimeSpan every)
    {
        if (settings.StartDate is not null || settings.Offset is not { } offset || offset == TimeSpan.Zero)
        {
            return begin;
        }

        var slot = DateTimeOffset.UnixEpoch + TimeSpan.FromTicks((begin - DateTimeOffset.UnixEpoch).Ticks / every.Ticks * every.Ticks) + offset;
        return slot <= begin ? slot + every : slot;
    }

    private static JsonObject With(params (string Name, JsonNode? Value)[] members)
    {
        var made = new JsonObject();
        foreach (var (name, value) in members)
        {
            if (value is not null)
            {
                made[name] = value;
            }
        }

        return made;
    }

    private static JobServerException Bad(string id, string message, string advice) => new(id, JobErrorKind.InvalidInput, message, advice);
}
