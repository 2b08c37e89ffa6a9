using System.Net;
using System.Text;
using JobAdmin.Client.Tests;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Tests;

/// <summary>Keys in a file that changes while the server runs.</summary>
public sealed class KeyFileTests(Bench bench) : ServerTest(bench)
{
    [Fact]
    public async Task Keys_come_and_go_with_their_file()
    {
        await using var lab = Bench.Lab();
        var file = Path.Combine(NewFolder(), "keys");
        await File.WriteAllTextAsync(file, "# who may call\n" + Line("old-key", "old"), Ct);
        await using var served = await Served.StartAsync(lab, options => options with { Keys = [], KeysFile = file });
        Assert.Equal(HttpStatusCode.OK, (await served.SendAsync("GET", "/api/queues", "old-key")).Status);
        await File.WriteAllTextAsync(file, Line("old-key", "old") + Line("new-key", "new"), Ct);
        await UntilAsync(async () => (await served.SendAsync("GET", "/api/queues", "new-key")).Status == HttpStatusCode.OK, "the new key");
        Assert.Equal(HttpStatusCode.OK, (await served.SendAsync("GET", "/api/queues", "old-key")).Status);
        await File.WriteAllTextAsync(file, "half a li", Ct);
        await Task.Delay(1200, Ct);
        Assert.Equal(HttpStatusCode.OK, (await served.SendAsync("GET", "/api/queues", "new-key")).Status);
        await File.WriteAllTextAsync(file, Line("new-key", "new"), Ct);
        await UntilAsync(async () => (await served.SendAsync("GET", "/api/queues", "old-key")).Status == HttpStatusCode.Unauthorized, "the old key's end");
        await File.WriteAllTextAsync(file, "# nobody\n", Ct);
        await UntilAsync(async () => (await served.SendAsync("GET", "/api/queues", "new-key")).Status == HttpStatusCode.Unauthorized, "the new key's end");
    }

    [Fact]
    public async Task Keys_come_and_go_with_a_file_behind_links()
    {
        // As Kubernetes mounts a secret: keys -> ..data/keys, and ..data -> a folder with a name of its own each time.
        await using var lab = Bench.Lab();
        var folder = NewFolder();
        async Task MountAsync(string name, string key)
        {
            Directory.CreateDirectory(Path.Combine(folder, name));
            await File.WriteAllTextAsync(Path.Combine(folder, name, "keys"), Line(key), Ct);
            File.Delete(Path.Combine(folder, "..data"));
            Directory.CreateSymbolicLink(Path.Combine(folder, "..data"), name);
        }

        await MountAsync("..1", "old-key");
        var file = File.CreateSymbolicLink(Path.Combine(folder, "keys"), "..data/keys").FullName;
        await using var served = await Served.StartAsync(lab, options => options with { Keys = [], KeysFile = file });
        Assert.Equal(HttpStatusCode.OK, (await served.SendAsync("GET", "/api/queues", "old-key")).Status);
        await MountAsync("..2", "new-key");
        await UntilAsync(async () => (await served.SendAsync("GET", "/api/queues", "new-key")).Status == HttpStatusCode.OK, "the new key");
        Assert.Equal(HttpStatusCode.Unauthorized, (await served.SendAsync("GET", "/api/queues", "old-key")).Status);
        File.Delete(Path.Combine(folder, "..data"));
        await Task.Delay(1200, Ct);
        Assert.Equal(HttpStatusCode.OK, (await served.SendAsync("GET", "/api/queues", "new-key")).Status);
    }

    [Fact]
    public async Task Keys_that_could_not_be_read_at_first_come_all_the_same()
    {
        await using var lab = Bench.Lab();
        var file = Path.Combine(NewFolder(), "keys");
        await File.WriteAllTextAsync(file, Line("old-key"), Ct);
        await using var served = await Served.StartAsync(lab, options => options with { Keys = [], KeysFile = file });
        await using (var held = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.None))
        {
            await held.WriteAsync(Encoding.UTF8.GetBytes(Line("new-key")), Ct);
            await held.FlushAsync(Ct);
            // Nobody else can read it, and it does not change any more.
            await Task.Delay(1200, Ct);
            Assert.Equal(HttpStatusCode.Unauthorized, (await served.SendAsync("GET", "/api/queues", "new-key")).Status);
            Assert.Equal(HttpStatusCode.OK, (await served.SendAsync("GET", "/api/queues", "old-key")).Status);
        }

        await UntilAsync(async () => (await served.SendAsync("GET", "/api/queues", "new-key")).Status == HttpStatusCode.OK, "the new key");
        Assert.Equal(HttpStatusCode.Unauthorized, (await served.SendAsync("GET", "/api/queues", "old-key")).Status);
    }

    [Fact]
    public async Task A_stream_ends_when_its_key_may_see_other_queues_than_before()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync();
        var file = Path.Combine(NewFolder(), "keys");
        await File.WriteAllTextAsync(file, Line("ops-key", role: "reader", queues: " queues=emails,other"), Ct);
        await using var served = await Served.StartAsync(lab, options => options with { Keys = [], KeysFile = file, Heartbeat = TimeSpan.FromMilliseconds(200) });
        using var stream = await SseReader.OpenAsync(served, "/api/queues/emails/events", key: "ops-key");
        await File.WriteAllTextAsync(file, Line("ops-key", role: "reader", queues: " queues=other"), Ct);
        Assert.Null(await stream.NextAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await served.SendAsync("GET", "/api/queues/emails/events", "ops-key")).Status);
    }

    private static string NewFolder() => Directory.CreateTempSubdirectory("jobadmin-keys-").FullName;

    private static string Line(string key, string name = "ops", string role = "admin", string queues = "") =>
        $"{name} {role} sha256:{Convert.ToHexString(AccessKey.HashOf(key))}{queues}\n";
}
