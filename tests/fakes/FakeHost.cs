using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace JobAdmin.Fakes;

/// <summary>A fake as a process of its own: HTTP on a free port of the loopback, and commands as lines of JSON on standard input, one answer a line.</summary>
/// <remarks>Commands of all kinds: <c>requests</c> gives what came since the last time, <c>fault</c> and <c>mend</c> break and mend, <c>clear</c> empties;
/// <c>seed</c>, <c>counts</c>, <c>job</c> and <c>move</c> are the servers' own. It ends when standard input does.</remarks>
internal sealed class FakeHost(Func<IFakeApi> make)
{
    private readonly ConcurrentQueue<FakeFault> faults = new();
    private IFakeApi api = make();

    public async Task RunAsync()
    {
        await using var server = new FakeServer(Answer);
        await SayAsync(new JsonObject { ["ready"] = server.Address.AbsoluteUri.TrimEnd('/') });
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var answer = new JsonObject();
            try
            {
                answer["result"] = Do(server, JsonNode.Parse(line)!.AsObject());
            }
            catch (Exception e)
            {
                answer["error"] = e.Message;
            }

            await SayAsync(answer);
        }
    }

    private static async Task SayAsync(JsonObject answer)
    {
        await Console.Out.WriteLineAsync(answer.ToJsonString());
        await Console.Out.FlushAsync();
    }

    private FakeAnswer Answer(FakeRequest request) => faults.Select(fault => fault.For(request, () => api.Answer(request))).FirstOrDefault(answer => answer is not null) ?? api.Answer(request);

    private JsonNode? Do(FakeServer server, JsonObject command)
    {
        switch ((string?)command["do"])
        {
            case "requests":
                var seen = new JsonArray([.. server.Requests.Select(request => (JsonNode)(command["headers"] is null ? request.ToString()
                    : $"{request} {string.Join(", ", request.Headers.Select(header => $"{header.Key}: {header.Value}"))} {request.Body}"))]);
                server.Forget();
                return seen;
            case "fault":
                faults.Enqueue(new FakeFault(command));
                return null;
            case "mend":
                faults.Clear();
                return null;
            case "clear":
                faults.Clear();
                api = make();
                server.Forget();
                return null;
            default:
                return api.Command(command);
        }
    }
}
