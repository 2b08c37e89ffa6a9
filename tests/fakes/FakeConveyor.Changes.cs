using System.Globalization;
using System.Text.Json.Nodes;

namespace JobAdmin.Fakes;

public sealed partial class FakeConveyor
{
    private static readonly TimeSpan UntilNoticed = TimeSpan.FromMilliseconds(400);
    private readonly FakeEvents events = new();

    /// <inheritdoc/>
    public JsonNode? Command(JsonObject command)
    {
        lock (queues)
        {
            var queue = (string?)command["queue"] ?? "emails";
            var job = command["id"] is { } id ? this[queue].Find(one => one.Id == (string?)id) : null;
            switch ((string?)command["do"])
            {
                case "seed":
                    return new JsonArray([.. FakeSeed.Read(command).Select(seed => (JsonNode)Seed(queue, seed, command).Id)]);
                case "move":
                    Move(job!, command);
                    return null;
                case "job":
                    return job?.ToJson();
                case "counts":
                    return Counts(queue);
                case "parent":
                    foreach (var child in command["children"]!.AsArray().Select(child => queues.Values.SelectMany(static jobs => jobs).First(one => one.Id == (string?)child)))
                    {
                        child.Parent = job;
                        job!.Children.Add(child);
                    }

                    return null;
                case "log":
                    job!.Logs.Add((string)command["line"]!);
                    return null;
                case "progress":
                    job!.Progress = command["progress"]!.DeepClone();
                    Tell(job, "progress", job.Progress);
                    return null;
                case "listeners":
                    return events.Listeners;
                case "break":
                    events.Break();
                    return null;
                case "set":
                    ReadOnly = (bool?)command["readOnly"] ?? ReadOnly;
                    Metrics = (bool?)command["metrics"] ?? Metrics;
                    Workers = (bool?)command["workers"] ?? Workers;
                    OnRedis = (bool?)command["onRedis"] ?? OnRedis;
                    Auth = (bool?)command["auth"] ?? Auth;
                    return null;
                default:
                    throw new ArgumentException("no such command");
            }
        }
    }

    private FakeConveyorJob Seed(string queue, FakeSeed seed, JsonObject command)
    {
        static string? Time(long? milliseconds) => milliseconds is { } time ? FakeConveyorJob.Text(DateTimeOffset.FromUnixTimeMilliseconds(time)) : null;
        var job = Add(queue, seed.Id, seed.State, Time(seed.Added)!, Time(seed.Ended));
        (job.Name, job.Data, job.Reason, job.Attempts, job.Started) = (seed.Name, seed.Data.ToJsonString(), seed.Reason, seed.Attempts, Time(seed.Started));
        job.Result = seed.State == "completed" ? new JsonObject { ["done"] = true } : null;
        job.Group = (string?)command["group"];
        return job;
    }

    private void Tell(FakeConveyorJob job, string word, JsonNode? data = null)
    {
        var json = new JsonObject { ["type"] = "job:" + word, ["queueName"] = job.Queue, ["jobId"] = job.Id, ["timestamp"] = FakeConveyorJob.Now };
        if (data is not null)
        {
            json["data"] = data.DeepClone();
        }

        events.Send(job.Queue, "job:" + word, json);
    }

    private void Move(FakeConveyorJob job, JsonObject command)
    {
        job.State = (string)command["state"]!;
        var ended = job.State is "completed" or "failed";
        job.Started ??= FakeConveyorJob.Now;
        job.Ended = ended ? FakeConveyorJob.Now : null;
        job.Reason = job.State == "failed" ? (string?)command["reason"] ?? "it broke" : null;
        job.Attempts += job.State == "failed" ? 1 : 0;
        job.Result = job.State == "completed" ? command["result"]?.DeepClone() ?? new JsonObject { ["done"] = true } : null;
        Tell(job, job.State);
    }

    private void Again(FakeConveyorJob job)
    {
        (job.State, job.Attempts, job.Progress, job.Result, job.Reason, job.Ended, job.Started) = ("waiting", 0, 0, null, null, null, null);
        Tell(job, "waiting");
    }

    private int RetryAll(string name, string? state)
    {
        var jobs = this[name].Where(job => job.State == state).ToList();
        jobs.ForEach(Again);
        return jobs.Count;
    }

    private int PromoteAll(string name)
    {
        var jobs = this[name].Where(static job => job.State == "delayed").ToList();
        jobs.ForEach(Promote);
        return jobs.Count;
    }

    private void Promote(FakeConveyorJob job)
    {
        job.State = "waiting";
        Tell(job, "waiting");
    }

    /// <summary>A request only: the worker notices later, the job then fails, and nothing says so but the word "cancelled" again.</summary>
    private void Cancel(FakeConveyorJob job)
    {
        job.CancelledAt = FakeConveyorJob.Now;
        Tell(job, "cancelled");
        _ = Task.Delay(UntilNoticed).ContinueWith(_ =>
        {
            lock (queues)
            {
                (job.State, job.Reason, job.Ended) = ("failed", "Job cancelled", FakeConveyorJob.Now);
                Tell(job, "cancelled");
            }
        }, TaskScheduler.Default);
    }

    private FakeAnswer Edit(FakeRequest request, FakeConveyorJob job)
    {
        if (job.State == "active")
        {
            return Error(400, "BAD_REQUEST", "Cannot edit an active job");
        }

        var body = JsonNode.Parse(request.Body)!;
        job.Data = body["data"]?.ToJsonString() ?? job.Data;
        if (body["opts"]?["priority"] is { } priority)
        {
            job.Options["priority"] = priority.DeepClone();
        }

        return Data(job.ToJson());
    }

    private FakeAnswer Job(FakeRequest request, FakeConveyorJob job, string[] action)
    {
        switch (request.Method, action)
        {
            case ("GET", []):
                return Data(job.ToJson());
            case ("GET", ["children"]):
                return Data(new JsonArray([.. job.Children.Select(static child => (JsonNode)child.ToJson())]));
            case ("PATCH", []):
                return Edit(request, job);
            case ("POST", ["retry"]) when job.State is "failed" or "completed":
                Again(job);
                return Data(new JsonObject { ["retried"] = true });
            case ("POST", ["promote"]) when job.State == "delayed":
                Promote(job);
                return Data(new JsonObject { ["promoted"] = true });
            case ("POST", ["cancel"]) when job.State == "active":
                Cancel(job);
                return Data(new JsonObject { ["cancelled"] = true });
            case ("POST", ["retry" or "promote" or "cancel"]):
                return Error(400, "BAD_REQUEST", $"Cannot {action[0]} job in state \"{job.State}\"");
            default:
                return FakeAnswer.Html(404);
        }
    }

    private JsonArray Groups(string name) => [.. this[name].Where(static job => job.Group is not null).GroupBy(static job => job.Group!).Select(static group => (JsonNode)new JsonObject
    {
        ["groupId"] = group.Key, ["activeCount"] = group.Count(static job => job.State == "active"), ["waitingCount"] = group.Count(static job => job.State == "waiting"),
    })];

    private IEnumerable<FakeConveyorJob> Buckets(string name) => this[name].Where(static job => job.Ended is not null);

    private JsonArray Points(string name, FakeRequest request)
    {
        var digits = request["granularity"] == "hour" ? 13 : 16;
        var (from, to) = (Time(request["from"]) ?? DateTimeOffset.UtcNow.AddHours(-1), Time(request["to"]) ?? DateTimeOffset.UtcNow);
        var jobs = Buckets(name).Where(job => Time(job.Ended) >= from && Time(job.Ended) < to).ToList();
        return [.. jobs.Select(static job => (job, job.Name)).Concat(jobs.Select(static job => (job, "__all__"))).GroupBy(pair => (pair.Item2, pair.job.Ended![..digits])).Select(group => (JsonNode)new JsonObject
        {
            ["queueName"] = name, ["jobName"] = group.Key.Item1, ["periodStart"] = group.Key.Item2 + (digits == 13 ? ":00:00.000Z" : ":00.000Z"), ["granularity"] = request["granularity"],
            ["completedCount"] = group.Count(static pair => pair.job.State == "completed"), ["failedCount"] = group.Count(static pair => pair.job.State == "failed"),
            ["totalProcessMs"] = 300 * group.Count(), ["minProcessMs"] = 300, ["maxProcessMs"] = 300,
        })];
    }

    private static DateTimeOffset? Time(string? text) => text is null ? null : DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
