using System.Text.Json;

namespace JobAdmin;

/// <content>What a job carries as it came, and what most jobs lack.</content>
public sealed partial class QueueJob
{
    internal byte[]? RawFailedReason
    {
        init => failedReason = new LazyText(value);
    }

    internal ReadOnlyMemory<byte>? RawData
    {
        get => rest?.Data.Raw;
        init
        {
            if (value is not null)
            {
                Apart.Data = new(value);
            }
        }
    }

    internal ReadOnlyMemory<byte>? RawOptions
    {
        get => rest?.Options.Raw;
        init
        {
            if (value is not null)
            {
                Apart.Options = new(value);
            }
        }
    }

    internal ReadOnlyMemory<byte>? RawReturnValue
    {
        get => rest?.ReturnValue.Raw;
        init
        {
            if (value is not null)
            {
                Apart.ReturnValue = new(value);
            }
        }
    }

    /// <summary>The job's data, parsed at the first call.</summary>
    /// <returns>The JSON, or null when it was not read or is not JSON (see <see cref="GetDataText"/>).</returns>
    public JsonElement? GetData() => rest?.Data.Parse();

    /// <summary>The job's data as stored.</summary>
    /// <returns>The text, or null when it was not read.</returns>
    public string? GetDataText() => rest?.Data.Text;

    /// <summary>The job's options, parsed at the first call. BullMQ's short names are as stored.</summary>
    /// <returns>The JSON, or null when it was not read or is not JSON.</returns>
    public JsonElement? GetOptions() => rest?.Options.Parse();

    /// <summary>The job's options as stored.</summary>
    /// <returns>The text, or null when it was not read.</returns>
    public string? GetOptionsText() => rest?.Options.Text;

    /// <summary>The job's return value, parsed at the first call.</summary>
    /// <returns>The JSON, or null when there is none, it was not read or it is not JSON.</returns>
    public JsonElement? GetReturnValue() => rest?.ReturnValue.Parse();

    /// <summary>The job's return value as stored.</summary>
    /// <returns>The text, or null when there is none or it was not read.</returns>
    public string? GetReturnValueText() => rest?.ReturnValue.Text;

    internal QueueJob WithProblem(string problem)
    {
        Apart.Problem = problem;
        return this;
    }

    private Rest Apart => rest ??= new Rest();

    private sealed class Rest
    {
        public JsonField Data, Options, ReturnValue;
        public string? DeferredFailure, ParentId, ParentQueue, SchedulerId, DeduplicationId, OriginalId, ResultId, GroupId, Problem;
        public IReadOnlyList<string>? StackTrace, Log;
    }

    /// <summary>A time with offset zero, or none.</summary>
    private readonly struct Moment(DateTimeOffset? time)
    {
        private readonly long afterTicks = time is { } some ? some.UtcTicks + 1 : 0;

        public DateTimeOffset? Value => afterTicks == 0 ? null : new DateTimeOffset(afterTicks - 1, TimeSpan.Zero);
    }
}
