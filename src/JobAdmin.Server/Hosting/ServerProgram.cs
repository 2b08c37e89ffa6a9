using System.Security.Cryptography;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Hosting;

/// <summary>The command: serves, makes a key, or says how it is used.</summary>
internal static class ServerProgram
{
    /// <summary>Runs it.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["--help" or "-h" or "help", ..])
        {
            Console.WriteLine(OptionNames.Usage);
            return 0;
        }

        if (args is ["new-key", ..])
        {
            return MakeKey(args);
        }

        try
        {
            var options = ServerOptions.Parse(args, Environment.GetEnvironmentVariable);
            await using var demo = options.Demo ? await DemoApplication.StartAsync().ConfigureAwait(false) : null;
            if (demo is not null)
            {
                options = options with { Redis = options.Redis with { Address = demo.Address, MoreAddresses = [], User = null, Password = null, Database = 0, Prefix = "bull", SentinelMaster = null } };
            }

            await using var app = ServerApp.Build(options);
            await app.StartAsync().ConfigureAwait(false);
            foreach (var address in ServerApp.Addresses(app))
            {
                app.Logger.LogInformation("Serving {Prefix}:* of {Redis} at {Address}{Mode}", options.Redis.Prefix, options.Redis.Address, address, options.ReadOnly ? ", read-only" : "");
            }

            await app.WaitForShutdownAsync().ConfigureAwait(false);
            return 0;
        }
        catch (OptionError e)
        {
            await Console.Error.WriteLineAsync(e.Message).ConfigureAwait(false);
            return 2;
        }
        catch (IOException e)
        {
            // The port is taken, as a rule.
            await Console.Error.WriteLineAsync(e.Message).ConfigureAwait(false);
            return 1;
        }
    }

    private static int MakeKey(string[] args)
    {
        var role = args.Length > 2 ? args[2] : "reader";
        if (args.Length is < 2 or > 3 || args[1].Any(char.IsWhiteSpace) || args[1].StartsWith('#') || role is not ("reader" or "operator" or "admin"))
        {
            Console.Error.WriteLine("usage: new-key NAME [reader|operator|admin]");
            return 2;
        }

        var key = "ja_" + Convert.ToHexString(RandomNumberGenerator.GetBytes(32)).ToLowerInvariant();
        Console.WriteLine($"key, for whoever is to call (it is shown this once):\n  {key}\nline, for the server's keys file:\n  {args[1]} {role} sha256:{Convert.ToHexString(AccessKey.HashOf(key)).ToLowerInvariant()}");
        return 0;
    }
}
