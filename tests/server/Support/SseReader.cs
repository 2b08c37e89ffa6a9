using System.Text.Json;

namespace JobAdmin.Server.Tests;

/// <summary>An event as it came.</summary>
internal sealed record SseEvent(string? Id, string Type, string Data)
{
    public JsonElement Json
    {
        get
        {
            using var document = JsonDocument.Parse(Data);
            return document.RootElement.Clone();
        }
    }

    public string? Job => Json.TryGetProperty("jobId", out var id) ? id.GetString() : null;

    public string Queue => Json.GetProperty("queueName").GetString()!;
}

/// <summary>Reads a stream of server-sent events, as a browser does.</summary>
internal sealed class SseReader : IDisposable
{
    private readonly HttpResponseMessage response;
    private readonly StreamReader reader;

    private SseReader(HttpResponseMessage response, Stream stream)
    {
        this.response = response;
        reader = new StreamReader(stream);
    }

    /// <summary>The id to come again with.</summary>
    public string? LastId { get; private set; }

    public static async Task<SseReader> OpenAsync(Served served, string path, string? lastId = null, string key = Served.Admin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-Admin-Key", key);
        if (lastId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastId);
        }

        var response = await served.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var opened = new SseReader(response, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var first = await opened.NextAsync();
        Assert.Equal(("connected", "{}"), (first!.Type, first.Data));
        return opened;
    }

    /// <summary>The next event; null at the end.</summary>
    public async Task<SseEvent?> NextAsync()
    {
        string? id = null, type = null, data = null;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (await reader.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.Length == 0)
            {
                LastId = id ?? LastId;
                if (data is not null)
                {
                    return new SseEvent(id, type ?? "message", data);
                }

                (id, type) = (null, null);
                continue;
            }

            var colon = line.IndexOf(':');
            var value = line[(colon + 1)..].TrimStart(' ');
            switch (line[..colon])
            {
                case "id": id = value; break;
                case "event": type = value; break;
                case "data": data = data is null ? value : data + "\n" + value; break;
            }
        }

        return null;
    }

    /// <summary>Events until one is what is waited for, that one too.</summary>
    public async Task<List<SseEvent>> UntilAsync(Func<SseEvent, bool> wanted)
    {
        var all = new List<SseEvent>();
        while (await NextAsync() is { } item)
        {
            all.Add(item);
            if (wanted(item))
            {
                return all;
            }
        }

        throw new InvalidOperationException($"The stream ended before what was waited for: {string.Join(", ", all.Select(e => $"{e.Type} {e.Job}"))}");
    }

    public void Dispose()
    {
        reader.Dispose();
        response.Dispose();
    }
}
