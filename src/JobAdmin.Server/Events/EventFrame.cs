using System.Buffers;
using System.Text;
using System.Text.Json;
using JobAdmin.Server.Api;
using JobAdmin.Server.Json;

namespace JobAdmin.Server.Events;

/// <summary>One event as it goes out, made once for all who listen.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="Id">Its id in the queue's stream.</param>
/// <param name="Body">The lines of the event and its data, without an id.</param>
/// <param name="IsGap">Whether it stands for lost events; its id is then that of the last one before.</param>
internal sealed record EventFrame(string Queue, StreamId Id, byte[] Body, bool IsGap)
{
    /// <summary>Makes the frame of an event.</summary>
    public static EventFrame Of(JobEvent item)
    {
        var type = Type(item);
        var buffer = new ArrayBufferWriter<byte>(256);
        Write(buffer, $"event: {type}\ndata: ");
        using (var writer = new Utf8JsonWriter(buffer, ApiCall.Writing))
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            writer.WriteString("queueName", item.Queue);
            if (item.Id is not null)
            {
                writer.WriteString("jobId", item.Id);
            }

            WriteData(writer, item);
            DashboardJobs.Time(writer, "timestamp", item.Time);
            if (item.Name is not null)
            {
                writer.WriteString("jobName", item.Name);
            }

            if (item.Previous is not null)
            {
                writer.WriteString("prev", item.Previous);
            }

            if (item.EventId is not null)
            {
                writer.WriteString("eventId", item.EventId);
            }

            writer.WriteEndObject();
        }

        Write(buffer, "\n");
        return new EventFrame(item.Queue, StreamId.Parse(item.EventId), buffer.WrittenSpan.ToArray(), item.IsGap);
    }

    private static string Type(JobEvent item) => item.Event switch
    {
        "gap" => "gap",
        "paused" or "resumed" or "drained" or "cleaned" => "queue:" + item.Event,
        // A line break would begin a line of its own.
        var other => "job:" + string.Concat(other.Where(static c => c is > ' ' and < '\x7f')),
    };

    private static void WriteData(Utf8JsonWriter writer, JobEvent item)
    {
        switch (item.Event)
        {
            case "progress":
                writer.WritePropertyName("data");
                OneLine(writer, item.Progress);
                break;
            case "failed" when item.FailedReason is not null:
                Map(writer, "reason", item.FailedReason);
                break;
            case "completed" when item.ReturnValue is not null:
                writer.WriteStartObject("data");
                writer.WritePropertyName("returnvalue");
                OneLine(writer, item.ReturnValue);
                writer.WriteEndObject();
                break;
            case "delayed" when item.DelayUntil is { } due:
                writer.WriteStartObject("data");
                DashboardJobs.Time(writer, "delayUntil", due);
                writer.WriteEndObject();
                break;
            case "paused" or "resumed":
                Map(writer, "jobName", "__all__");
                break;
            case "gap":
                writer.WriteStartObject("data");
                writer.WritePropertyName("missed");
                if (item.Missed is { } missed)
                {
                    writer.WriteNumberValue(missed);
                }
                else
                {
                    writer.WriteNullValue();
                }

                writer.WriteEndObject();
                break;
        }
    }

    // JSON that was stored with line breaks would end the event's data in the middle.
    private static void OneLine(Utf8JsonWriter writer, string? json)
    {
        if (json is not null && json.AsSpan().IndexOfAny('\n', '\r') >= 0)
        {
            try
            {
                using var document = JsonDocument.Parse(json);
                document.RootElement.WriteTo(writer);
                return;
            }
            catch (JsonException)
            {
                writer.WriteStringValue(json);
                return;
            }
        }

        RawJson.Write(writer, json);
    }

    private static void Map(Utf8JsonWriter writer, string name, string value)
    {
        writer.WriteStartObject("data");
        writer.WriteString(name, value);
        writer.WriteEndObject();
    }

    private static void Write(ArrayBufferWriter<byte> buffer, string text) => buffer.Advance(Encoding.UTF8.GetBytes(text, buffer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
}
