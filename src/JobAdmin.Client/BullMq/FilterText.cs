using System.Text;
using System.Text.Json;

namespace JobAdmin.Client.BullMq;

/// <summary>A filter for the server's scripts, and the last look that only the client can take.</summary>
internal sealed class FilterText
{
    private readonly JobWildcard[] names, reasons;
    private readonly JobFilter times;
    private readonly DateTimeOffset? untouchedSince;

    public FilterText(JobFilter filter, bool scoreIsTime)
    {
        names = Compile(filter.Names);
        reasons = Compile(filter.Reasons);
        NeedsLook = names.Concat(reasons).Any(p => !Exact(p));
        times = scoreIsTime ? new JobFilter() : filter;
        Json = Build();
    }

    /// <summary>Leaves out jobs that a worker has taken since then: they came back to their state after a walk began.</summary>
    public DateTimeOffset? UntouchedSince
    {
        init
        {
            untouchedSince = value;
            Json = Build();
        }
    }

    /// <summary>What the scripts take; empty when there is nothing to filter.</summary>
    public string Json { get; private init; }

    /// <summary>Whether the server's look may let through what doesn't match.</summary>
    public bool NeedsLook { get; }

    public bool Matches(QueueJob job) => (names.Length == 0 || names.Any(p => p.IsMatch(job.Name))) && (reasons.Length == 0 || reasons.Any(p => p.IsMatch(job.FailedReason)));

    private string Build()
    {
        if (names.Length == 0 && reasons.Length == 0 && times.Before is null && times.After is null && untouchedSince is null)
        {
            return "";
        }

        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            Write(writer, "names", names);
            Write(writer, "reasons", reasons);
            WriteTime(writer, "before", times.Before);
            WriteTime(writer, "after", times.After);
            WriteTime(writer, "untouched", untouchedSince);

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
