using System.Management.Automation;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace JobAdmin.Display;

/// <summary>What the list view shows of a <see cref="QueueJob"/>; an empty line is left out of it.</summary>
public static class QueueJobLines
{
    private const int LargestIndented = 16 * 1024;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 1000 };

    /// <summary>The state, with the word of the server where that differs.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string StateLine(PSObject instance)
    {
        var job = Job(instance);
        var word = CellText.Coloured(job.State.ToString(), int.MaxValue, StateColours.Of(job.State));
        return job.RawState is not { } raw || raw.Replace("-", "", StringComparison.Ordinal).Equals(job.State.ToString(), StringComparison.OrdinalIgnoreCase)
            ? word : $"{word} ({CellText.Visible(raw)})";
    }

    /// <summary>The progress in full.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string Progress(PSObject instance) => CellText.Progress(Job(instance).Progress);

    /// <summary>When it was added.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string Timestamp(PSObject instance) => CellText.Local(Job(instance).Timestamp);

    /// <summary>When a worker last took it.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string ProcessedOn(PSObject instance) => CellText.Local(Job(instance).ProcessedOn);

    /// <summary>When it finished.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string FinishedOn(PSObject instance) => CellText.Local(Job(instance).FinishedOn);

    /// <summary>When it becomes due.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string DelayUntil(PSObject instance) => CellText.Local(Job(instance).DelayUntil);

    /// <summary>How long it ran.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string Duration(PSObject instance) => CellText.Duration(Job(instance).Duration);

    /// <summary>The reason it failed, all its lines.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string FailedReason(PSObject instance) => CellText.VisibleLines(Job(instance).FailedReason);

    /// <summary>The reason with which the next worker fails it.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string DeferredFailure(PSObject instance) => CellText.VisibleLines(Job(instance).DeferredFailure);

    /// <summary>Its flow parent, as <c>queue:id</c>.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string Parent(PSObject instance) => Job(instance) is { ParentId: { } id } job
        ? CellText.Visible(job.ParentQueue is { } queue ? $"{id} in queue {queue}" : id) : "";

    /// <summary>The newest stack trace, and how many there are before it.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string StackTrace(PSObject instance)
    {
        if (Job(instance).StackTrace is not { Count: > 0 } traces)
        {
            return "";
        }

        var newest = CellText.VisibleLines(traces[^1]);
        return traces.Count == 1 ? newest : $"{newest}\n(the newest of {traces.Count})";
    }

    /// <summary>The last lines of the log.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string Log(PSObject instance)
    {
        const int Shown = 20;
        if (Job(instance).Log is not { Count: > 0 } log)
        {
            return "";
        }

        var last = string.Join('\n', log.Skip(log.Count - Shown).Select(line => CellText.Visible(line, 2000)));
        return log.Count <= Shown ? last : $"(the last {Shown} of {log.Count} lines)\n{last}";
    }

    /// <summary>The data as indented JSON.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string DataText(PSObject instance) => Json(Job(instance).GetData(), Job(instance).GetDataText());

    /// <summary>The options as indented JSON.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string OptionsText(PSObject instance) => Json(Job(instance).GetOptions(), Job(instance).GetOptionsText());

    /// <summary>The return value as indented JSON.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string ReturnValueText(PSObject instance) => Json(Job(instance).GetReturnValue(), Job(instance).GetReturnValueText());

    /// <summary>The worker that took it.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string ProcessedBy(PSObject instance) => CellText.Visible(Job(instance).ProcessedBy);

    /// <summary>The scheduler that produced it.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string SchedulerId(PSObject instance) => CellText.Visible(Job(instance).SchedulerId);

    /// <summary>Its deduplication id.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string DeduplicationId(PSObject instance) => CellText.Visible(Job(instance).DeduplicationId);

    /// <summary>Its group.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string GroupId(PSObject instance) => CellText.Visible(Job(instance).GroupId);

    /// <summary>The job that it repeats.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string OriginalId(PSObject instance) => CellText.Visible(Job(instance).OriginalId);

    /// <summary>Where its result is kept.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string ResultId(PSObject instance) => CellText.Visible(Job(instance).ResultId);

    /// <summary>What could not be read.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string Problem(PSObject instance) => Job(instance).Problem is { } problem ? CellText.Sentences([problem]) : "";

    private static QueueJob Job(PSObject instance) => QueueJobCells.Job(instance);

    private static string Json(JsonElement? parsed, string? text)
    {
        const int OneLine = 60;
        if (text is null || text.Length <= OneLine || text.Length > LargestIndented || parsed is not { } element)
        {
            return CellText.Visible(text, 2000);
        }

        try
        {
            return CellText.VisibleLines(JsonSerializer.Serialize(element, Indented));
        }
        catch (Exception error) when (error is InvalidOperationException or JsonException or EncoderFallbackException or ArgumentException)
        {
            // Half surrogate pairs and broken UTF-8 can be shown, not written anew.
            return CellText.Visible(text, 2000);
        }
    }
}
