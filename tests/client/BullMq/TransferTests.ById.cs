using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>Jobs that are exported by their ids.</summary>
public sealed partial class TransferTests
{
    [Fact]
    public async Task Relatives_come_along()
    {
        await using var lab = bench.Lab();
        await AddFlowAsync(lab);
        await lab.DoAsync("run", new { count = 1, result = "done" });
        var server = (IJobTransfer)await lab.ServerAsync();
        var alone = Assert.Single(await SlicesAsync(server.ExportJobsAsync("parents", ["parent", "nobody"], JobState.Unknown, JobKin.None, Ct)));
        Assert.Equal((1, "nobody"), (alone.Count, alone.Missing));
        Assert.Equal(3, (await SlicesAsync(server.ExportJobsAsync("parents", ["parent"], JobState.WaitingChildren, JobKin.Children, Ct))).Sum(s => s.Count));
        Assert.Equal(1, (await SlicesAsync(server.ExportJobsAsync("emails", ["pending"], JobState.Unknown, JobKin.Parents, Ct))).Sum(s => s.Count));
    }

    [Fact]
    public async Task Jobs_with_much_data_come_a_few_at_a_time()
    {
        await using var lab = bench.Lab();
        await lab.DoAsync("addMany", new { count = 30, data = new { much = new string('x', 1_000_000) } });
        var server = (IJobTransfer)await lab.ServerAsync();
        var slices = await SlicesAsync(server.ExportJobsAsync("emails", [.. Enumerable.Range(1, 31).Select(n => $"{n}")], JobState.Unknown, JobKin.None, Ct));
        Assert.Equal((30, "31"), (slices.Sum(s => s.Count), slices[^1].Missing));
        Assert.All(slices, slice => Assert.InRange(slice.Length, 0, 6_000_000));
    }

    private static async Task<List<(int Count, int Length, string Missing)>> SlicesAsync(IAsyncEnumerable<JobExportSlice> slices)
    {
        var all = new List<(int, int, string)>();
        await foreach (var slice in slices)
        {
            all.Add((slice.Count, slice.Lines.Length, string.Join(',', slice.Missing)));
        }

        return all;
    }
}
