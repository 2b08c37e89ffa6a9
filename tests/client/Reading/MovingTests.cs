using StackExchange.Redis;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Reading;

/// <summary>Listings while jobs come, go and move: what stays is seen exactly once, what goes at most once.</summary>
public sealed class MovingTests(Bench bench)
{
    public static TheoryData<string, bool, int> Walks
    {
        get
        {
            var data = new TheoryData<string, bool, int>();
            foreach (var state in (string[])["wait", "completed", "failed", "delayed"])
            {
                foreach (var oldest in (bool[])[false, true])
                {
                    for (var seed = 1; seed <= 4; seed++)
                    {
                        data.Add(state, oldest, seed);
                    }
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Walks))]
    public async Task What_stays_is_seen_once(string state, bool oldest, int seed)
    {
        await using var lab = bench.Lab();
        await lab.JobsAsync(state, 900);
        var server = await lab.ServerAsync();
        var random = new Random(seed);
        var staying = Enumerable.Range(1, 900).Select(n => $"{n}").ToHashSet();
        var seen = new List<string>();
        var next = 10_000;
        var query = new JobQuery
        {
            Queue = "emails", OldestFirst = oldest, PageSize = random.Next(20, 120),
            States = [state switch { "wait" => JobState.Waiting, "completed" => JobState.Completed, "failed" => JobState.Failed, _ => JobState.Delayed }],
        };
        await foreach (var page in server.GetJobsAsync(query, Ct))
        {
            seen.AddRange(page.Select(j => j.Id));
            // Some of those just seen go, the last one among them at times; some ahead go; new ones come at both ends; workers take from the tail.
            var going = page.Where(_ => random.Next(3) == 0).Select(j => j.Id).ToList();
            if (random.Next(2) == 0)
            {
                going.Add(page[^1].Id);
            }

            going.AddRange(staying.Except(seen).OrderBy(_ => random.Next()).Take(random.Next(15)));
            await GoAsync(lab, state, going);
            staying.ExceptWith(going);
            if (state == "wait")
            {
                for (var taken = random.Next(8); taken > 0; taken--)
                {
                    staying.Remove((string)(await lab.Db.ExecuteAsync("RPOP", lab.Base + "wait"))! ?? "");
                }

                // Others are run, and put in line again.
                for (var back = random.Next(3) == 0 ? random.Next(200) : 0; back > 0; back--)
                {
                    staying.Remove((string)(await lab.Db.ExecuteAsync("RPOPLPUSH", lab.Base + "wait", lab.Base + "wait"))! ?? "");
                }
            }

            if (next < 10_400)
            {
                var many = random.Next(60);
                await lab.JobsAsync(state, Enumerable.Range(next, many).Select(n => ($"{n}", random.Next(2) == 0 ? 1 : 9e15, "job", (string?)null)));
                next += many;
            }
        }

        Assert.Empty(staying.Except(seen));
        Assert.Empty(seen.GroupBy(id => id).Where(g => g.Count() > 1).Select(g => g.Key));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Jobs_that_come_back_to_the_far_end_hide_none(bool oldest)
    {
        // Retried jobs go to the head of the list while its tail is read, and the other way round.
        await using var lab = bench.Lab();
        await lab.JobsAsync("wait", 400);
        var server = await lab.ServerAsync();
        var seen = new List<string>();
        await foreach (var page in server.GetJobsAsync(new JobQuery { Queue = "emails", States = [JobState.Waiting], OldestFirst = oldest, PageSize = 40 }, Ct))
        {
            seen.AddRange(page.Select(j => j.Id));
            foreach (var job in page.Take(5).Append(page[^1]))
            {
                await lab.Db.ExecuteAsync("LREM", lab.Base + "wait", 1, job.Id);
                await lab.Db.ExecuteAsync(oldest ? "LPUSH" : "RPUSH", lab.Base + "wait", job.Id);
            }
        }

        Assert.Equal(400, seen.Distinct().Count());
        Assert.Equal(400, seen.Count);
    }

    [Theory, InlineData(true, "wait"), InlineData(false, "wait"), InlineData(true, "paused"), InlineData(false, "paused")]
    public async Task A_queue_of_BullMQ_5_is_paused_and_resumed_in_the_middle(bool oldest, string name)
    {
        // The list of what waits has another name after each: renamed behind each page, and now and then between two reads.
        await using var lab = bench.Lab();
        await lab.JobsAsync(name, 3000);
        await lab.Db.HashSetAsync(lab.Base + "meta", "version", "bullmq:5.81.2");
        var server = await lab.ServerAsync();
        async Task FlipAsync()
        {
            (var from, name) = (name, name == "wait" ? "paused" : "wait");
            await lab.Db.KeyRenameAsync(lab.Base + from, lab.Base + name);
        }

        foreach (var filter in (JobFilter[])[new JobFilter(), new JobFilter { Names = ["job"] }])
        {
            var query = new JobQuery { Queue = "emails", States = [JobState.Waiting], OldestFirst = oldest, PageSize = 200, Skip = 60, Filter = filter };
            var seen = new List<string>();
            await foreach (var page in server.GetJobsAsync(query, Ct))
            {
                Assert.Equal(page.Count, page.Count(job => job.State is JobState.Waiting or JobState.Paused));
                seen.AddRange(page.Select(job => job.Id));
                await FlipAsync();
            }

            Assert.Equal(2940, seen.Distinct().Count());
            Assert.Equal(2940, seen.Count);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
            var flips = Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    await FlipAsync();
                    await Task.Delay(3, Ct);
                }
            }, Ct);
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(2940, await server.CountJobsAsync(query, Ct));
            }

            seen.Clear();
            await foreach (var page in server.GetJobsAsync(query, Ct))
            {
                seen.AddRange(page.Select(job => job.Id));
            }

            await stop.CancelAsync();
            await flips;
            Assert.Equal(2940, seen.Distinct().Count());
            Assert.Equal(2940, seen.Count);
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Thousands_come_and_go_between_two_pages(bool oldest)
    {
        await using var lab = bench.Lab();
        await lab.JobsAsync("wait", 3000);
        var server = await lab.ServerAsync();
        var seen = new List<string>();
        var next = 10_000;
        await foreach (var page in server.GetJobsAsync(new JobQuery { Queue = "emails", States = [JobState.Waiting], OldestFirst = oldest, PageSize = 200 }, Ct))
        {
            seen.AddRange(page.Select(j => j.Id));
            if (seen.Count is > 500 and < 1500)
            {
                // At our own end: new ones there, and most of those seen go.
                var fresh = Enumerable.Range(next, 2000).Select(n => (object)$"{n}").ToArray();
                next += 2000;
                await lab.Db.ExecuteAsync(oldest ? "RPUSH" : "LPUSH", [lab.Base + "wait", .. fresh]);
                await GoAsync(lab, "wait", seen.Where((_, n) => n % 10 != 0));
            }
        }

        Assert.Equal(3000, seen.Count);
        Assert.Equal(3000, seen.Distinct().Count());
    }

    [Theory, InlineData(true, false), InlineData(false, false), InlineData(true, true), InlineData(false, true)]
    public async Task A_list_that_grows_faster_than_it_is_read_ends(bool oldest, bool withWorkers)
    {
        await using var lab = bench.Lab();
        await lab.JobsAsync("wait", 1000);
        var server = await lab.ServerAsync();
        var seen = new List<string>();
        var next = 10_000;
        await foreach (var page in server.GetJobsAsync(new JobQuery { Queue = "emails", States = [JobState.Waiting], OldestFirst = oldest, PageSize = 50 }, Ct))
        {
            seen.AddRange(page.Select(j => j.Id));
            if (withWorkers)
            {
                // They are faster still: of what stood there at first nothing is left soon.
                await lab.Db.ExecuteAsync(oldest ? "RPOP" : "LPOP", lab.Base + "wait", 75);
            }

            await lab.Db.ExecuteAsync(oldest ? "LPUSH" : "RPUSH", [lab.Base + "wait", .. Enumerable.Range(next, 75).Select(n => (object)$"{n}")]);
            await lab.JobsAsync("completed", Enumerable.Range(next, 75).Select(n => ($"{n}", 1.0, "job", (string?)null)));
            next += 75;
            Assert.True(seen.Count < 4000, "it goes on and on");
        }

        Assert.Equal(seen.Count, seen.Distinct().Count());
        if (!withWorkers)
        {
            Assert.Empty(Enumerable.Range(1, 1000).Select(n => $"{n}").Except(seen));
        }
    }

    [Theory, InlineData(30), InlineData(60), InlineData(130), InlineData(230)]
    public async Task Workers_that_are_done_at_once_with_all_that_was_seen_hide_nothing(int taken)
    {
        // What was seen is taken from the tail and, run and retried, back at the head before the next page: the rest stands where it was.
        await using var lab = bench.Lab();
        await lab.JobsAsync("wait", 1000);
        var server = await lab.ServerAsync();
        var seen = new List<string>();
        await foreach (var page in server.GetJobsAsync(new JobQuery { Queue = "emails", States = [JobState.Waiting], OldestFirst = true, PageSize = 40 }, Ct))
        {
            seen.AddRange(page.Select(j => j.Id));
            for (var n = 0; n < taken && seen.Count % 200 == 40; n++)
            {
                await lab.Db.ExecuteAsync("RPOPLPUSH", lab.Base + "wait", lab.Base + "wait");
            }
        }

        Assert.Equal(1000, seen.Distinct().Count());
        Assert.Equal(1000, seen.Count);
    }

    [Fact]
    public async Task A_worker_takes_all_of_a_list_while_it_is_read()
    {
        await using var lab = bench.Lab();
        await lab.DoAsync("addMany", new { count = 1500 });
        var server = await lab.ServerAsync();
        await lab.DoAsync("startWorker", new { opts = new { concurrency = 20 } });
        var seen = await server.IdsAsync(new JobQuery { Queue = "emails", States = [JobState.Waiting], PageSize = 50, OldestFirst = true });
        Assert.Equal(seen.Distinct().Count(), seen.Count);
        await lab.DoAsync("idle", new { timeout = 30_000 });
        await lab.DoAsync("stopWorker");
        Assert.Equal(1500, await server.CountJobsAsync(new JobQuery { Queue = "emails", States = [JobState.Completed] }, Ct));
    }

    [Fact]
    public async Task A_retry_of_all_failed_jobs_does_not_run_after_its_own_tail()
    {
        // A worker fails every retried job again, while the retry is under way: each is retried once.
        await using var lab = bench.Lab();
        await lab.JobsAsync("failed", 1200);
        var server = await lab.ServerAsync();
        await lab.DoAsync("startWorker", new { behave = new { @do = "fail", reason = "again" }, opts = new { concurrency = 20 } });
        var outcomes = await server.ChangeMatchingJobsAsync(new JobQuery { Queue = "emails", States = [JobState.Failed] }, new JobChange.Retry(), Ct).RunAsync();
        Assert.Equal(1200, outcomes.Count);
        Assert.Equal(1200, outcomes.Select(o => o.Id).Distinct().Count());
        Assert.All(outcomes, o => Assert.Equal(JobOutcomeStatus.Retried, o.Status));
        await lab.DoAsync("idle", new { timeout = 30_000 });
        Assert.Equal(1200, (await lab.DoAsync("stopWorker"))!.AsArray().Count);
        Assert.Equal(1200, (await server.QueueAsync("emails")).Failed);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_pipeline_of_listing_and_retry_meets_every_job(bool oldest)
    {
        await using var lab = bench.Lab();
        await lab.JobsAsync("failed", 1700);
        var server = await lab.ServerAsync();
        var retried = 0;
        await foreach (var page in server.GetJobsAsync(new JobQuery { Queue = "emails", States = [JobState.Failed], OldestFirst = oldest }, Ct))
        {
            var outcomes = await server.RetryAsync("emails", [.. page.Select(j => j.Id)]);
            retried += outcomes.Count(o => o.Status == JobOutcomeStatus.Retried);
        }

        Assert.Equal(1700, retried);
    }

    private static Task GoAsync(Lab lab, string state, IEnumerable<string> ids) => Task.WhenAll(ids.Select(id =>
        state == "wait" ? lab.Db.ExecuteAsync("LREM", lab.Base + state, 1, id) : lab.Db.ExecuteAsync("ZREM", lab.Base + state, id)));
}
