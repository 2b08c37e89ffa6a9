using JobAdmin.Server.Hosting;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Tests;

/// <summary>The settings: what is not understood is never passed over, and no secret is shown.</summary>
public sealed class OptionTests
{
    [Theory]
    [InlineData("--read-onyl")]
    [InlineData("--queues", "")]
    [InlineData("--queues", ",")]
    [InlineData("--rate-limit", "many")]
    [InlineData("--rate-limit", "-1")]
    [InlineData("--redis", "http://x")]
    [InlineData("--redis", "redis://:secret@")]
    [InlineData("--redis", "redis://host/abc")]
    [InlineData("--log", "xml")]
    [InlineData("--read-only=perhaps")]
    [InlineData("--urls")]
    [InlineData("serve")]
    public void What_is_not_understood_is_an_error(params string[] args)
    {
        var error = Assert.Throws<OptionError>(() => ServerOptions.Parse(args, _ => null));
        Assert.DoesNotContain("secret", error.Message);
    }

    [Fact]
    public void The_environment_gives_what_the_command_line_leaves_out()
    {
        var environment = new Dictionary<string, string>
        {
            ["REDIS_URL"] = "rediss://ops:p%40ss@cache.example:6390/2", ["JOBADMIN_QUEUES"] = "emails,reports-*", ["JOBADMIN_READ_ONLY"] = "true", ["ADMIN_PASSWORD"] = "pw",
            ["USE_JOB_QUEUE"] = "true", ["JOBADMIN_PREFIX"] = "{app}",
        };
        var options = ServerOptions.Parse(["--rate-limit=5", "--prefix", "other"], environment.GetValueOrDefault);
        Assert.Equal(("cache.example", 6390, "ops", 2, "other"), (options.Redis.Address.Host, options.Redis.Address.Port, options.Redis.User, options.Redis.Database, options.Redis.Prefix));
        Assert.True(options.ReadOnly && options.Redis.ReadOnly && options.Enabled);
        Assert.Equal(5, options.RateLimit);
        Assert.True(options.Queues.Allows("reports-2") && options.Queues.Allows("emails") && !options.Queues.Allows("Emails") && !options.Queues.Allows("secret"));
        Assert.Equal(("ADMIN_PASSWORD", AccessRole.Admin), (Assert.Single(options.Keys).Name, options.Keys[0].Role));
        Assert.DoesNotContain("p@ss", options.ToString());
        Assert.False(ServerOptions.Parse([], name => name == "USE_JOB_QUEUE" ? "false" : null).Enabled);
    }

    [Fact]
    public void A_wrong_line_of_keys_is_named_and_never_shown()
    {
        foreach (var line in new[] { "ops admin my-plain-secret", "ops root sha256:00", "my-plain-secret", "ops admin sha256:zz", "ops admin sha256:" + new string('0', 64) + " my-plain-secret" })
        {
            var error = Assert.Throws<OptionError>(() => KeySource.Parse(["# fine", line], "keys"));
            Assert.Contains("keys, line 2", error.Message);
            Assert.DoesNotContain("my-plain-secret", error.Message);
        }

        var bounded = Assert.Single(KeySource.Parse([$"ci reader sha256:{new string('a', 64)} queues=emails,x*"], "keys"));
        Assert.True(bounded.Queues.Allows("xy") && !bounded.Queues.Allows("y"));
        Assert.False(bounded.Queues.And(QueueFilter.Parse("emails")).Allows("xy"));
    }
}
