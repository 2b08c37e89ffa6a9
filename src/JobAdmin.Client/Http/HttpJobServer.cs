namespace JobAdmin.Client.Http;

/// <summary>What the HTTP servers have in common. A dialect says what it can do and how its requests and answers look.</summary>
internal abstract partial class HttpJobServer(HttpApi api, JobServerOptions options) : IJobServer
{
    /// <summary>The order in which states are listed when none is named: what runs and what waits first.</summary>
    private static readonly JobState[] Order =
    [
        JobState.Active, JobState.Waiting, JobState.Prioritized, JobState.Delayed, JobState.WaitingChildren, JobState.Failed, JobState.Completed, JobState.Cancelled,
    ];

    private bool serverIsReadOnly;

    public JobServerConnection Connection { get; private set; } = null!;

    public HttpApi Api { get; } = api;

    protected JobServerOptions Options { get; } = options;

    protected abstract JobServerKind Kind { get; }

    /// <summary>The states that the server lists.</summary>
    protected abstract IReadOnlyList<JobState> States { get; }

    /// <summary>States that jobs can have on the server without being listed, so that to ask for them is an error and not an empty list.</summary>
    protected virtual IReadOnlyList<JobState> HiddenStates => [];

    /// <summary>The cheapest read there is.</summary>
    protected abstract ApiRequest Ping { get; }

    /// <summary>The reads by which a server of this kind shows itself, without a key.</summary>
    public virtual IReadOnlyList<ApiRequest> Probes => [Ping];

    /// <summary>Whether only a server of this kind would give such an answer to a probe.</summary>
    public abstract bool Recognises(ApiAnswer answer);

    /// <summary>Checks that the server answers, speaks this API and lets the user in, and opens the connection.</summary>
    public abstract Task ConnectAsync(CancellationToken cancellationToken);

    public virtual async Task<JobServerReport> TestAsync(CancellationToken cancellationToken)
    {
        Api.ThrowIfDisposed();
        var warnings = new List<string>(Connection.Warnings);
        var trips = new List<TimeSpan>();
        var reachable = true;
        int? queues = null;
        try
        {
            for (var i = 0; i < 3; i++)
            {
                var started = Api.Time.GetTimestamp();
                (await PingAsync(Ping, cancellationToken).ConfigureAwait(false)).Dispose();
                trips.Add(Api.Time.GetElapsedTime(started));
            }

            queues = Can(JobServerCapabilities.ListQueues) ? (await ReadQueuesAsync(null, namesOnly: true, cancellationToken).ConfigureAwait(false)).Count : null;
        }
        catch (JobServerException e)
        {
            reachable = e.Kind is not (JobErrorKind.Connection or JobErrorKind.Timeout);
            warnings.Add(e.Message);
        }

        if (Api.Limits.Last is { IsNearlySpent: true } limit)
        {
            warnings.Add($"The rate limit is nearly used up: {limit}.");
        }

        trips.Sort();
        return new JobServerReport
        {
            Connection = Connection.Name, Kind = Kind, Endpoint = Connection.Endpoint, Reachable = reachable,
            RoundTrip = trips.Count > 0 ? trips[trips.Count / 2] : null, Version = Connection.ServerVersion, Queues = queues,
            RateLimit = Api.Limits.Last?.ToString(), ApiDescription = reachable ? await FindApiDescriptionAsync(cancellationToken).ConfigureAwait(false) : null,
            Warnings = warnings,
        };
    }

    public virtual Task<bool> SetPausedAsync(string queue, bool paused, string? jobName, bool force, CancellationToken cancellationToken) =>
        Task.FromException<bool>(Lacks(jobName is null ? "pause and resume queues" : "pause and resume jobs by name"));

    public virtual Task CheckRemoveQueueAsync(string queue, bool force, CancellationToken cancellationToken) => Task.FromException(Lacks("remove a whole queue"));

    public virtual IAsyncEnumerable<BulkProgress> RemoveQueueAsync(string queue, bool force, CancellationToken cancellationToken) =>
        throw Lacks("remove a whole queue");

    public ValueTask DisposeAsync()
    {
        if (Connection is not null)
        {
            Connection.IsClosed = true;
        }

        Api.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The address of the server's description of its API, for servers that may have one.</summary>
    protected virtual Task<string?> FindApiDescriptionAsync(CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    /// <summary>Sends a ping, and throws unless the answer is what this API would say.</summary>
    protected abstract Task<ApiAnswer> PingAsync(ApiRequest request, CancellationToken cancellationToken);

    /// <summary>Makes the connection known to be good.</summary>
    protected void Open(JobServerCapabilities capabilities, string? version = null, bool readOnly = false, string? defaultQueue = null, params string[] warnings)
    {
        serverIsReadOnly = readOnly;
        var all = new List<string>(warnings);
        if (Api.Root.Scheme == Uri.UriSchemeHttp && !Api.Root.IsLoopback && (Options.Password is { IsEmpty: false } || Options.Headers.Count > 0))
        {
            all.Add($"The key goes to {Api.Endpoint} without encryption: use https:// where the server has TLS.");
        }

        if (Options.SkipCertificateCheck)
        {
            all.Add($"The certificate of {Api.Endpoint} is not checked.");
        }

        if (readOnly)
        {
            all.Add($"{Api.Endpoint} is in read-only mode: it can be read, and refuses changes.");
        }

        Connection = new JobServerConnection
        {
            Name = Options.Name, Kind = Kind, Endpoint = Api.Endpoint, User = Options.User, DefaultQueue = Options.DefaultQueue ?? defaultQueue,
            ReadOnly = Options.ReadOnly || readOnly, ServerVersion = version, Capabilities = capabilities, Warnings = all, Server = this,
            ShortestPause = EventsTellAll ? null : ShortestPause,
        };
    }

    protected bool Can(JobServerCapabilities capability) => (Connection.Capabilities & capability) == capability;

    protected void Require(JobServerCapabilities capability, string operation)
    {
        Api.ThrowIfDisposed();
        if (!Can(capability))
        {
            throw Lacks(operation);
        }
    }

    protected void RequireChange(JobServerCapabilities capability, string operation)
    {
        Require(capability, operation);
        RequireWritable();
    }

    protected void RequireWritable()
    {
        if (Options.ReadOnly)
        {
            throw JobServerException.ReadOnly(Connection.Name);
        }

        if (serverIsReadOnly)
        {
            throw new JobServerException("ReadOnlyConnection", JobErrorKind.Access, $"{Api.Endpoint} is in read-only mode: nothing was sent.",
                "Changes have to be allowed in the server's own configuration.") { Target = Api.Endpoint };
        }
    }

    protected JobServerException Lacks(string operation) => JobServerException.NotSupported(Connection.Name, Kind, operation);

    protected JobServerException NoQueue(string queue, string? advice = null) => new("QueueNotFound", JobErrorKind.NotFound,
        $"There is no queue '{queue}' on {Api.Endpoint}.", advice ?? "Get-JobQueue lists the queues; their names are case-sensitive.") { Target = queue };

    protected JobServerException NoJob(string queue, string id) => new("JobNotFound", JobErrorKind.NotFound,
        $"There is no job '{id}' in queue '{queue}' on {Api.Endpoint}.", "It may have been removed, or be in another queue.") { Target = id };
}
