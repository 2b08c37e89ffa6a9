using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>Writes records: what <c>export.lua</c> packed or a lane read, as lines of JSON. Bytes that are no UTF-8 go as base64.</summary>
internal sealed class JobRecordWriter
{
    /// <summary>What a name begins with that stands for bytes.</summary>
    public const string Base64Mark = "base64:";

    /// <summary>The property of an object that stands for bytes.</summary>
    public const string Base64Property = "base64";

    private readonly RecordText json = new();

    /// <summary>How many records have been written.</summary>
    public int Count { get; private set; }

    /// <summary>How much has been written.</summary>
    public int Length => json.Length;

    /// <summary>What has been written so far, until the next record or <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Lines => json.Written;

    /// <summary>What has been written so far, for whoever takes it over.</summary>
    public ReadOnlyMemory<byte> ToArray() => json.Written.ToArray();

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        json.Clear();
        Count = 0;
    }

    /// <summary>Adds records that were written elsewhere.</summary>
    /// <param name="lines">The records.</param>
    /// <param name="count">How many.</param>
    public void Add(ReadOnlySpan<byte> lines, int count)
    {
        json.Put(lines);
        Count += count;
    }

    /// <summary>Writes one job that has a hash and nothing else.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="id">The job.</param>
    /// <param name="state">The word of its state.</param>
    /// <param name="score">Its score; empty when the state has none.</param>
    /// <param name="bytes">What the hash stands in.</param>
    /// <param name="hash">Its names and values in turn.</param>
    /// <param name="count">How many both are.</param>
    public void WriteJob(string queue, ReadOnlySpan<byte> id, ReadOnlySpan<byte> state, ReadOnlySpan<byte> score, ReadOnlySpan<byte> bytes, Slice[] hash, int count)
    {
        BeginLine(queue);
        json.PutProperty("id"u8);
        json.PutValue(id);
        json.PutProperty("state"u8);
        json.PutValue(state);
        if (!score.IsEmpty)
        {
            json.PutProperty("score"u8);
            json.PutNumber(score);
        }

        json.PutProperty("hash"u8);
        json.Put((byte)'{');
        for (var i = 0; i + 1 < count; i += 2)
        {
            json.PutName(i == 0, hash[i].Of(bytes));
            json.PutValue(hash[i + 1].Of(bytes));
        }

        json.Put((byte)'}');
        EndLine();
    }

    /// <summary>Writes one job, and tells the keys of its relatives.</summary>
    /// <param name="reader">Stands before the job's row.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="children">Takes the keys of its children; null when nobody asks.</param>
    /// <returns>The job's id, the word of its state, and its parent's key if it has one.</returns>
    public (string Id, string State, string? ParentKey) WriteJob(ref MsgPackReader reader, string queue, List<string>? children)
    {
        string? parent = null;
        BeginLine(queue);
        var id = reader.ReadString() ?? "";
        json.PutProperty("id"u8);
        json.PutText(id);
        var state = reader.ReadString() ?? "";
        json.PutProperty("state"u8);
        json.PutText(state);
        WriteNumber("score"u8, ref reader);
        WriteNumber("expires"u8, ref reader);
        json.PutProperty("hash"u8);
        json.Put((byte)'{');
        var first = true;
        for (var left = reader.ReadInteger(); left > 0; left -= 2)
        {
            reader.TryReadBytes(out var field);
            reader.TryReadBytes(out var value);
            json.PutName(first, field.Span);
            json.PutValue(value.Span);
            first = false;
            if (field.Span.SequenceEqual("parentKey"u8))
            {
                parent = Encoding.UTF8.GetString(value.Span);
            }
        }

        json.Put((byte)'}');
        WriteDeduplication(ref reader);
        WriteList("logs"u8, ref reader, null);
        WriteList("dependencies"u8, ref reader, children);
        WriteMap("processed"u8, ref reader, children, scores: false);
        WriteMap("failed"u8, ref reader, children, scores: false);
        WriteMap("unsuccessful"u8, ref reader, children, scores: true);
        EndLine();
        return (id, state, parent);
    }

    /// <summary>Writes one key of the queue's own.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="key">The part of its name behind the queue's.</param>
    /// <param name="type">Its type.</param>
    /// <param name="expires">When it expires, in milliseconds since 1970; null when it doesn't.</param>
    /// <param name="values">Its values, in pairs for hashes and sorted sets.</param>
    public void WriteKey(string queue, string key, string type, long? expires, IReadOnlyList<ReadOnlyMemory<byte>> values)
    {
        BeginLine(queue);
        json.PutProperty("key"u8);
        json.PutText(key);
        json.PutProperty("type"u8);
        json.PutText(type);
        if (expires is { } at)
        {
            json.PutProperty("expires"u8);
            json.Put(at);
        }

        json.PutProperty("value"u8);
        switch (type)
        {
            case "string":
                json.PutValue(values[0].Span);
                break;
            case "hash" or "zset":
                json.Put((byte)'{');
                for (var i = 0; i + 1 < values.Count; i += 2)
                {
                    json.PutName(i == 0, values[i].Span);
                    json.PutValue(values[i + 1].Span);
                }

                json.Put((byte)'}');
                break;
            default:
                json.Put((byte)'[');
                for (var i = 0; i < values.Count; i++)
                {
                    json.PutComma(unless: i == 0);
                    json.PutValue(values[i].Span);
                }

                json.Put((byte)']');
                break;
        }

        EndLine();
    }

    private void BeginLine(string queue)
    {
        json.Put("{\"queue\":"u8);
        json.PutText(queue);
    }

    private void EndLine()
    {
        json.Put("}\n"u8);
        Count++;
    }

    private void WriteDeduplication(ref MsgPackReader reader)
    {
        if (!reader.TryReadBytes(out var owned))
        {
            reader.TryReadBytes(out _);
            return;
        }

        json.PutProperty("deduplication"u8);
        json.Put("{\"id\":"u8);
        json.PutValue(owned.Span);
        WriteNumber("expires"u8, ref reader);
        json.Put((byte)'}');
    }

    private void WriteList(ReadOnlySpan<byte> property, ref MsgPackReader reader, List<string>? keys)
    {
        var left = reader.ReadInteger();
        if (left == 0)
        {
            return;
        }

        json.PutProperty(property);
        json.Put((byte)'[');
        for (var first = true; left > 0; left--, first = false)
        {
            reader.TryReadBytes(out var value);
            json.PutComma(unless: first);
            json.PutValue(value.Span);
            keys?.Add(Encoding.UTF8.GetString(value.Span));
        }

        json.Put((byte)']');
        WriteSubExpiry(property, ref reader);
    }

    private void WriteMap(ReadOnlySpan<byte> property, ref MsgPackReader reader, List<string>? keys, bool scores)
    {
        var left = reader.ReadInteger();
        if (left == 0)
        {
            return;
        }

        json.PutProperty(property);
        json.Put((byte)'{');
        for (var first = true; left > 0; left -= 2, first = false)
        {
            reader.TryReadBytes(out var name);
            json.PutName(first, name.Span);
            keys?.Add(Encoding.UTF8.GetString(name.Span));
            reader.TryReadBytes(out var value);
            if (scores)
            {
                json.PutNumber(value.Span);
            }
            else
            {
                json.PutValue(value.Span);
            }
        }

        json.Put((byte)'}');
        WriteSubExpiry(property, ref reader);
    }

    private void WriteSubExpiry(ReadOnlySpan<byte> property, ref MsgPackReader reader)
    {
        if (reader.TryReadBytes(out var expires))
        {
            json.PutProperty(property, "Expires"u8);
            json.Put(expires.Span);
        }
    }

    private void WriteNumber(ReadOnlySpan<byte> property, ref MsgPackReader reader)
    {
        if (reader.TryReadBytes(out var number))
        {
            json.PutProperty(property);
            json.PutNumber(number.Span);
        }
    }
}
