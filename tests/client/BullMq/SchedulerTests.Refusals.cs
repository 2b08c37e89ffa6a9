using JobAdmin.Client.Tests.Parity;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>What is refused, and what is put in other words.</summary>
public sealed partial class SchedulerTests
{
    [Theory]
    [InlineData("InvalidPattern", "every day", null, null, null, null)]
    [InlineData("NeverFires", "0 0 30 2,2 *", null, null, null, null)]
    [InlineData("InvalidSchedule", "0 0 * * *", null, 1000.0, null, null)]
    [InlineData("InvalidSchedule", null, null, null, null, null)]
    [InlineData("InvalidSchedule", null, null, 0.5, null, null)]
    [InlineData("InvalidSchedule", null, null, 5e14, null, null)]
    [InlineData("InvalidSchedule", null, "UTC", 1000.0, null, null)]
    [InlineData("InvalidTimeZone", "0 0 * * *", "Mars/Olympus", null, null, null)]
    [InlineData("NeverFires", null, null, 1000.0, 0, null)]
    [InlineData("NeverFires", null, null, 1000.0, null, -1)]
    [InlineData("NeverFires", "0 0 1 1 *", null, null, null, 1)]
    public async Task What_could_never_fire_is_refused_and_nothing_is_sent(string error, string? pattern, string? zone, double? every, int? limit, int? endsInSeconds)
    {
        await using var lab = Bench.Lab("bullmq5");
        await lab.AddAsync();
        var server = await lab.ServerAsync();
        var before = await Keyspace.ReadAsync(lab.Db);
        var settings = new JobSchedulerSettings
        {
            Id = "x", Pattern = pattern, TimeZone = zone, Every = every is { } ms ? TimeSpan.FromMilliseconds(ms) : null, Limit = limit,
            EndDate = endsInSeconds is { } seconds ? DateTimeOffset.UtcNow.AddSeconds(seconds) : null,
        };
        Assert.Contains((await ErrorOfAsync(() => SetAsync(server, settings))).ErrorId, (string[])[error, "InvalidPattern"]);
        await ErrorOfAsync(() => Schedulers(server).CheckSchedulerAsync(lab.Queue, settings, 1, Ct));
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "after the refusal");
    }

    [Fact]
    public async Task A_time_zone_by_its_Windows_name_is_kept_by_the_one_that_workers_know()
    {
        await using var lab = Bench.Lab();
        var server = await lab.ServerAsync();
        await SetAsync(server, new JobSchedulerSettings { Id = "x", Pattern = "0 3 * * *", TimeZone = "W. Europe Standard Time" });
        Assert.Equal("Europe/Berlin", Assert.Single(await ListAsync(server)).TimeZone);
    }
}
