using JobAdmin.Client.Http.BioAgents;
using JobAdmin.Client.Http.Conveyor;
using JobAdmin.Client.Http.FifthElement;
using JobAdmin.Client.Http.Mcrit;
using JobAdmin.Client.Http.Openinary;

namespace JobAdmin.Client.Http;

/// <summary>Makes connections to the HTTP admin APIs.</summary>
internal static class HttpServers
{
    /// <summary>Connects, after finding out what kind of server it is when that is not said.</summary>
    public static async Task<IJobServer> ConnectAsync(JobServerOptions options, CancellationToken cancellationToken) =>
        await ConnectAsync(options, TimeProvider.System, Environment.GetEnvironmentVariable, cancellationToken).ConfigureAwait(false);

    internal static async Task<HttpJobServer> ConnectAsync(
        JobServerOptions options, TimeProvider time, Func<string, string?> environment, CancellationToken cancellationToken)
    {
        var server = options.Kind is null
            ? Make(options with { Kind = await FindKindAsync(options, time, cancellationToken).ConfigureAwait(false) }, time)
            : Make(WithKey(options, environment), time);
        try
        {
            await server.ConnectAsync(cancellationToken).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Finds out by reads that change nothing and carry no key. Headers that the user named for this host go along.</summary>
    private static async Task<JobServerKind> FindKindAsync(JobServerOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var shown = ApiPath.Root(options.Address, "").AbsoluteUri.TrimEnd('/');
        JobServerKind[] kinds = [JobServerKind.Conveyor, JobServerKind.BioAgents, JobServerKind.Openinary, JobServerKind.Mcrit, JobServerKind.FifthElement];
        foreach (var kind in kinds.OrderByDescending(kind => EndsAs(options.Address, kind)))
        {
            await using var candidate = Make(options with { Kind = kind, Password = null, User = null }, time);
            foreach (var probe in candidate.Probes)
            {
                using var answer = await candidate.Api.SendAsync(probe with { Once = true, WithKey = false }, cancellationToken).ConfigureAwait(false);
                if (answer.Fault is ApiFault.NotSent or ApiFault.TimedOut)
                {
                    throw candidate.Api.Errors.From(answer, "find out what server it is");
                }

                if (answer.Fault == ApiFault.None && candidate.Recognises(answer))
                {
                    WireLog.Note($"{shown} answers as {kind}.");
                    return kind;
                }
            }
        }

        throw new JobServerException("UnknownServer", JobErrorKind.InvalidInput,
            $"What kind of server {shown} is can't be told from its answers; no key was sent.",
            "Say it with -Api, and check the address: a path of the host's own comes before the API's.") { Target = shown };
    }

    private static bool EndsAs(Uri address, JobServerKind kind) => kind switch
    {
        JobServerKind.BioAgents => "/api/admin",
        JobServerKind.Conveyor => "/api",
        JobServerKind.Openinary => "/queue",
        JobServerKind.FifthElement => "/v1/api",
        _ => null,
    } is { } ending && address.AbsolutePath.TrimEnd('/').EndsWith(ending, StringComparison.OrdinalIgnoreCase);

    private static HttpJobServer Make(JobServerOptions options, TimeProvider time) => options.Kind switch
    {
        JobServerKind.BioAgents => new BioAgentsServer(options, time),
        JobServerKind.Conveyor => new ConveyorServer(options, time),
        JobServerKind.Openinary => new OpeninaryServer(options, time),
        JobServerKind.FifthElement => new FifthElementServer(options, time),
        JobServerKind.Mcrit => new McritServer(options, time),
        _ => throw new JobServerException("InvalidAddress", JobErrorKind.InvalidInput, $"{options.Kind} is not reached over {options.Address.Scheme}.",
            "Use redis:// or rediss:// for BullMQ on Redis.") { Target = options.Kind },
    };

    /// <summary>The key from the environment variables that the server itself uses, when none is given and the user has said what server it is: a key is not
    /// for whoever answers a probe.</summary>
    private static JobServerOptions WithKey(JobServerOptions options, Func<string, string?> environment)
    {
        string[] names = options.Kind switch
        {
            JobServerKind.BioAgents => ["ADMIN_API_KEY", "ADMIN_PASSWORD"],
            JobServerKind.Mcrit => ["MCRIT_CLI_APITOKEN"],
            _ => [],
        };
        return options.Password is null && names.Select(environment).FirstOrDefault(static value => !string.IsNullOrEmpty(value)) is { } key
            ? options with { Password = new Secret(key) } : options;
    }
}
