using System.Globalization;
using System.Text;
using System.Text.Json;

namespace JobAdmin.Client.BullMq;

/// <summary>A filter for the server's scripts, and the last look that only the client can take.</summary>
internal sealed class FilterText
{
    private readonly JobWildcard[] names, reasons, kinds, ids;
    private readonly IReadOnlyList<string> kindTexts;
    private readonly IReadOnlyList<JobDataMatch> data;
    private readonly JobFilter times;
    private string? json;

    public FilterText(JobFilter filter, bool scoreIsTime)
    {
        names = Compile(filter.Names);
        reasons = Compile(filter.Reasons);
        ids = Compile(filter.Ids);
        kindTexts = filter.ReasonKinds ?? [];
        kinds = [.. kindTexts.Select(kind => new JobWildcard(JobReason.ToWildcard(kind)))];
        data = filter.Data ?? [];
        NeedsLook = names.Concat(reasons).Concat(ids).Any(p => !Exact(p)) || kinds.Length > 0 || data.Count > 0;
        times = scoreIsTime ? new JobFilter() : filter;
    }

    /// <summary>Leaves out jobs that a worker has taken since then: they came back to their state after a walk began.</summary>
    public DateTimeOffset? UntouchedSince { private get; init; }

    /// <summary>Leaves out jobs that have neither children nor a lock and are no scheduler's.</summary>
    public bool OnlyWithKin { private get; init; }

    /// <summary>What the scripts take; empty when there is nothing to filter.</summary>
    public string Json => json ??= Build();

    /// <summary>Whether the server's look may let through what doesn't match.</summary>
    public bool NeedsLook { get; }

    /// <summary>What must be read of a job for the last look.</summary>
    public JobParts Parts => data.Count > 0 ? JobParts.Data : JobParts.None;

    public bool Matches(QueueJob job) => Matches(job.Name, job.FailedReason) && (ids.Length == 0 || ids.Any(p => p.IsMatch(job.Id))) && data.All(d => d.IsMatch(job));

    public bool Matches(string name, string? reason) => (names.Length == 0 || names.Any(p => p.IsMatch(name)))
        && (reasons.Length == 0 || reasons.Any(p => p.IsMatch(reason))) && (kindTexts.Count == 0 || kindTexts.Contains(JobReason.Normalise(reason)));

    private string Build()
    {
        if (names.Length + reasons.Length + kinds.Length + ids.Length + data.Count == 0 && times.Before is null && times.After is null && UntouchedSince is null && !OnlyWithKin)
        {
            return "";
        }

        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            Write(writer, "names", names);
            Write(writer, "reasons", reasons);
            Write(writer, "kinds", kinds);
            Write(writer, "ids", ids);
            WriteData(writer);
            WriteTime(writer, "before", times.Before);
            WriteTime(writer, "after", times.After);
            WriteTime(writer, "untouched", UntouchedSince);
            if (OnlyWithKin)
            {
                writer.WriteBoolean("kin", true);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static JobWildcard[] Compile(IReadOnlyList<string>? patterns) => patterns is null ? [] : [.. patterns.Select(p => new JobWildcard(p))];

    // Redis's Lua folds the case of ASCII alone, and knows no single-character wildcard here.
    private static bool Exact(JobWildcard pattern) =>
        System.Text.Ascii.IsValid(pattern.Pattern) && !pattern.Pattern.AsSpan().ContainsAny('?', '[', '`');

    private static void WriteTime(Utf8JsonWriter writer, string property, DateTimeOffset? time)
    {
        if (time is { } t)
        {
            writer.WriteNumber(property, t.ToUnixTimeMilliseconds());
        }
    }

    private void WriteData(Utf8JsonWriter writer)
    {
        if (data.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("data");
        foreach (var match in data)
        {
            writer.WriteStartObject();
            writer.WriteStartArray("p");
            foreach (var segment in match.Property is { } property ? match.Pattern.Segments.Prepend(property) : match.Pattern.Segments)
            {
                WriteStored(writer, match.Path is null ? segment : Plain(segment));
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    // A number may be written in several ways; the digits of a whole one are in all of them, unless it is so large that some write an exponent.
    private static string Plain(string segment) =>
        !double.TryParse(segment, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? segment
        : number == Math.Floor(number) && Math.Abs(number) < 1e14 ? ((long)number).ToString(CultureInfo.InvariantCulture) : "";

    // Writers of JSON differ in what they escape; letters, digits and these are what all of them leave alone.
    private static void WriteStored(Utf8JsonWriter writer, string text)
    {
        var from = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] is ' ' or '_' or '-' or '.' or ':' or ',' or '@'))
            {
                continue;
            }

            if (i > from)
            {
                writer.WriteStringValue(text[from..i].ToLowerInvariant());
            }

            from = i + 1;
        }
    }

    private static void Write(Utf8JsonWriter writer, string property, JobWildcard[] patterns)
    {
        if (patterns.Length == 0)
        {
            return;
        }

        writer.WriteStartArray(property);
        foreach (var pattern in patterns)
        {
            var pieces = new List<string>();
            var start = pattern.AnchoredStart;
            var end = pattern.AnchoredEnd;
            for (var s = 0; s < pattern.Segments.Count; s++)
            {
                var segment = pattern.Segments[s];
                var from = 0;
                for (var i = 0; i <= segment.Length; i++)
                {
                    if (i < segment.Length && char.IsAscii(segment[i]))
                    {
                        continue;
                    }

                    if (i > from)
                    {
                        pieces.Add(segment[from..i].ToLowerInvariant());
                    }

                    if (i < segment.Length)
                    {
                        start &= pieces.Count > 0;
                        end &= !(s == pattern.Segments.Count - 1 && i == segment.Length - 1);
                    }

                    from = i + 1;
                }
            }

            writer.WriteStartObject();
            writer.WriteStartArray("p");
            pieces.ForEach(writer.WriteStringValue);
            writer.WriteEndArray();
            writer.WriteBoolean("s", start && pieces.Count > 0);
            writer.WriteBoolean("e", end && pieces.Count > 0);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
