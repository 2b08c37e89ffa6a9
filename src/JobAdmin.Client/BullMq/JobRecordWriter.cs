using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace JobAdmin.Client.BullMq;

/// <summary>Writes records: what <c>export.lua</c> packed, as lines of JSON. Bytes that are no UTF-8 go as base64.</summary>
internal sealed class JobRecordWriter : IDisposable
{
    /// <summary>What a name begins with that stands for bytes.</summary>
    public const string Base64Mark = "base64:";

    /// <summary>The property of an object that stands for bytes.</summary>
    public const string Base64Property = "base64";

    private readonly ArrayBufferWriter<byte> buffer = new(64 << 10);
    private readonly Utf8JsonWriter json;

    public JobRecordWriter() =>
        json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>How many records have been written.</summary>
    public int Count { get; private set; }

    /// <summary>How much has been written.</summary>
    public int Length => buffer.WrittenCount;

    /// <summary>What has been written so far, for whoever takes it over.</summary>
    public ReadOnlyMemory<byte> ToArray() => buffer.WrittenSpan.ToArray();

    public void Dispose() => json.Dispose();

    /// <summary>Writes one job, and tells the keys of its relatives.</summary>
    /// <param name="reader">Stands before the job's row.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="children">Takes the keys of its children; null when nobody asks.</param>
    /// <returns>The job's id, and its parent's key if it has one.</returns>
    public (string Id, string? ParentKey) WriteJob(ref MsgPackReader reader, string queue, List<string>? children)
    {
        string? parent = null;
        json.WriteStartObject();
        json.WriteString("queue"u8, queue);
        var id = reader.ReadString() ?? "";
        json.WriteString("id"u8, id);
        json.WriteString("state"u8, reader.ReadString());
        WriteNumber("score"u8, ref reader);
        WriteNumber("expires"u8, ref reader);
        json.WriteStartObject("hash"u8);
        for (var left = reader.ReadInteger(); left > 0; left -= 2)
        {
            reader.TryReadBytes(out var field);
            reader.TryReadBytes(out var value);
            WriteName(field.Span);
            WriteValue(value.Span);
            if (children is not null && field.Span.SequenceEqual("parentKey"u8))
            {
                parent = Encoding.UTF8.GetString(value.Span);
            }
        }

        json.WriteEndObject();
        WriteDeduplication(ref reader);
        WriteList("logs"u8, ref reader, null);
        WriteList("dependencies"u8, ref reader, children);
        WriteMap("processed"u8, ref reader, children, scores: false);
        WriteMap("failed"u8, ref reader, children, scores: false);
        WriteMap("unsuccessful"u8, ref reader, children, scores: true);
        EndLine();
        return (id, parent);
    }

    /// <summary>Writes one key of the queue's own.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="key">The part of its name behind the queue's.</param>
    /// <param name="type">Its type.</param>
    /// <param name="expires">When it expires, in milliseconds since 1970; null when it doesn't.</param>
    /// <param name="values">Its values, in pairs for hashes and sorted sets.</param>
    public void WriteKey(string queue, string key, string type, long? expires, IReadOnlyList<ReadOnlyMemory<byte>> values)
    {
        json.WriteStartObject();
        json.WriteString("queue"u8, queue);
        json.WriteString("key"u8, key);
        json.WriteString("type"u8, type);
        if (expires is { } at)
        {
            json.WriteNumber("expires"u8, at);
        }

        json.WritePropertyName("value"u8);
        switch (type)
        {
            case "string":
                WriteValue(values[0].Span);
                break;
            case "hash" or "zset":
                json.WriteStartObject();
                for (var i = 0; i + 1 < values.Count; i += 2)
                {
                    WriteName(values[i].Span);
                    WriteValue(values[i + 1].Span);
                }

                json.WriteEndObject();
                break;
            default:
                json.WriteStartArray();
                foreach (var value in values)
                {
                    WriteValue(value.Span);
                }

                json.WriteEndArray();
                break;
        }

        EndLine();
    }

    private void EndLine()
    {
        json.WriteEndObject();
        json.Flush();
        json.Reset();
        buffer.Write("\n"u8);
        Count++;
    }

    private void WriteDeduplication(ref MsgPackReader reader)
    {
        if (!reader.TryReadBytes(out var owned))
        {
            reader.TryReadBytes(out _);
            return;
        }

        json.WriteStartObject("deduplication"u8);
        json.WritePropertyName("id"u8);
        WriteValue(owned.Span);
        WriteNumber("expires"u8, ref reader);
        json.WriteEndObject();
    }

    private void WriteList(ReadOnlySpan<byte> property, ref MsgPackReader reader, List<string>? keys)
    {
        var left = reader.ReadInteger();
        if (left == 0)
        {
            return;
        }

        json.WriteStartArray(property);
        for (; left > 0; left--)
        {
            reader.TryReadBytes(out var value);
            WriteValue(value.Span);
            keys?.Add(Encoding.UTF8.GetString(value.Span));
        }

        json.WriteEndArray();
        WriteSubExpiry(property, ref reader);
    }

    private void WriteMap(ReadOnlySpan<byte> property, ref MsgPackReader reader, List<string>? keys, bool scores)
    {
        var left = reader.ReadInteger();
        if (left == 0)
        {
            return;
        }

        json.WriteStartObject(property);
        for (; left > 0; left -= 2)
        {
            reader.TryReadBytes(out var name);
            WriteName(name.Span);
            keys?.Add(Encoding.UTF8.GetString(name.Span));
            reader.TryReadBytes(out var value);
            if (scores && IsPlainNumber(value.Span))
            {
                json.WriteRawValue(value.Span, skipInputValidation: true);
            }
            else
            {
                WriteValue(value.Span);
            }
        }

        json.WriteEndObject();
        WriteSubExpiry(property, ref reader);
    }

    private void WriteSubExpiry(ReadOnlySpan<byte> property, ref MsgPackReader reader)
    {
        if (reader.TryReadBytes(out var expires))
        {
            json.WritePropertyName(Encoding.UTF8.GetString(property) + "Expires");
            json.WriteRawValue(expires.Span, skipInputValidation: true);
        }
    }

    private void WriteNumber(ReadOnlySpan<byte> property, ref MsgPackReader reader)
    {
        if (!reader.TryReadBytes(out var number))
        {
            return;
        }

        json.WritePropertyName(property);
        if (IsPlainNumber(number.Span))
        {
            json.WriteRawValue(number.Span, skipInputValidation: true);
        }
        else
        {
            WriteValue(number.Span);
        }
    }

    // Redis writes scores with all their digits; JSON has no infinity.
    private static bool IsPlainNumber(ReadOnlySpan<byte> text) =>
        text.Length > 0 && !text.ContainsAnyExcept("-0123456789."u8) && Utf8Parser.TryParse(text, out double _, out var used) && used == text.Length;

    private void WriteName(ReadOnlySpan<byte> name)
    {
        if (Utf8.IsValid(name) && !name.StartsWith("base64:"u8))
        {
            json.WritePropertyName(name);
        }
        else
        {
            json.WritePropertyName(Base64Mark + Convert.ToBase64String(name));
        }
    }

    private void WriteValue(ReadOnlySpan<byte> value)
    {
        if (Utf8.IsValid(value))
        {
            json.WriteStringValue(value);
            return;
        }

        json.WriteStartObject();
        json.WriteBase64String("base64"u8, value);
        json.WriteEndObject();
    }
}
