using System.Diagnostics;

namespace JobAdmin.Server.Hosting;

/// <summary>The demo's BullMQ application with a Redis of its own. It ends when this does.</summary>
internal sealed class DemoApplication : IAsyncDisposable
{
    private readonly Process process;

    private DemoApplication(Process process, Uri address) => (this.process, Address) = (process, address);

    /// <summary>Its Redis.</summary>
    public Uri Address { get; }

    /// <summary>Starts it, and waits until its first jobs are done.</summary>
    public static async Task<DemoApplication> StartAsync()
    {
        var script = Find() ?? throw new OptionError("--demo needs demo/app.mjs of the project's checkout, and is not in one.");
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo("node", [script]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new OptionError("--demo needs Node.js 18 or later, https://nodejs.org.");
        }

        while (await process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (line.StartsWith("ready ", StringComparison.Ordinal))
            {
                return new DemoApplication(process, new Uri(line[6..]));
            }

            Console.WriteLine(line);
        }

        throw new OptionError("The demo's application ended early.");
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }

    private static string? Find()
    {
        foreach (var start in new[] { Directory.GetCurrentDirectory(), AppContext.BaseDirectory })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "demo", "app.mjs")) && File.Exists(Path.Combine(folder.FullName, "JobAdmin.psd1")))
                {
                    return Path.Combine(folder.FullName, "demo", "app.mjs");
                }
            }
        }

        return null;
    }
}
