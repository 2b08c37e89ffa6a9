using System.Net;
using JobAdmin.Server.Api;
using JobAdmin.Server.Events;
using JobAdmin.Server.Observing;
using JobAdmin.Server.Security;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace JobAdmin.Server.Hosting;

/// <summary>Puts the server together.</summary>
internal static class ServerApp
{
    /// <summary>Makes a server that is not started yet.</summary>
    public static WebApplication Build(ServerOptions options)
    {
        CheckAddresses(options, options.Urls);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [], ApplicationName = "JobAdmin.Server", ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        if (options.JsonLog)
        {
            builder.Logging.AddJsonConsole(static console => { console.UseUtcTimestamp = true; console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ"; });
        }
        else
        {
            builder.Logging.AddSimpleConsole(static console => { console.SingleLine = true; console.TimestampFormat = "HH:mm:ss "; });
        }

        builder.Logging.AddFilter("Microsoft", options.LogLevel == LogLevel.None ? LogLevel.None : LogLevel.Warning).AddFilter("JobAdmin", options.LogLevel);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBody;
            kestrel.Limits.MaxRequestHeadersTotalSize = 64 << 10;
            kestrel.Limits.MaxRequestLineSize = 16 << 10;
            kestrel.Limits.MaxResponseBufferSize = 64 << 10;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        });
        builder.WebHost.UseUrls([.. options.Urls]);
        builder.WebHost.UseShutdownTimeout(TimeSpan.FromSeconds(15));
        var services = builder.Services;
        services.Configure<HostOptions>(static host => host.ShutdownTimeout = TimeSpan.FromSeconds(15));
        services.AddSingleton(options);
        foreach (var type in new[]
        {
            typeof(KeyRing), typeof(CallerLimits), typeof(RedisGateway), typeof(EventHub), typeof(ServerMetrics), typeof(AuditLog), typeof(ScanGate), typeof(ApiPipeline),
            typeof(RequestChecks), typeof(AdminApi), typeof(QueueApi), typeof(NewJobs), typeof(SearchApi), typeof(EventApi), typeof(BeyondApi), typeof(ServerApi),
            typeof(RouteTable), typeof(OpenApiDocument),
        })
        {
            services.AddSingleton(type);
        }

        services.AddHostedService(static provider => provider.GetRequiredService<RedisGateway>());
        services.AddHostedService(static provider => provider.GetRequiredService<EventHub>());
        var app = builder.Build();
        // Faults of the settings come to light before anything listens.
        var pipeline = app.Services.GetRequiredService<ApiPipeline>();
        var checks = app.Services.GetRequiredService<RequestChecks>();
        app.Use(checks.RunAsync);
        app.UseRouting();
        foreach (var route in app.Services.GetRequiredService<RouteTable>().Routes)
        {
            app.MapMethods(route.Path, [route.Method], (HttpContext http) => pipeline.RunAsync(http, route)).WithMetadata(route);
        }

        return app;
    }

    /// <summary>Where a started server listens. Beyond loopback without a key is an end, whatever made it listen there.</summary>
    public static IReadOnlyList<string> Addresses(WebApplication app)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        CheckAddresses(app.Services.GetRequiredService<ServerOptions>(), addresses);
        return addresses;
    }

    private static void CheckAddresses(ServerOptions options, IEnumerable<string> addresses)
    {
        foreach (var address in addresses)
        {
            if (!Uri.TryCreate(address.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal), UriKind.Absolute, out var uri)
                || uri.Scheme is not ("http" or "https"))
            {
                throw new OptionError($"'{address}' is no address to listen at: http://127.0.0.1:7700 is one.");
            }

            var host = uri.Host.Trim('[', ']');
            var loopback = host == "localhost" || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip));
            if (!loopback && options is { Keys.Count: 0, KeysFile: null })
            {
                throw new OptionError($"{address} can be reached from other machines, and no key is set up: set ADMIN_API_KEY or --keys-file, or listen at 127.0.0.1.");
            }
        }
    }
}
