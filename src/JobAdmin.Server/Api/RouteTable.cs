namespace JobAdmin.Server.Api;

/// <summary>Every route that is served. Routing, roles, the audit log and the description are all made from it.</summary>
internal sealed class RouteTable(AdminApi admin, QueueApi queues, NewJobs jobs, SearchApi search, EventApi events, BeyondApi beyond, ServerApi server)
{
    /// <summary>The routes.</summary>
    public IReadOnlyList<ApiRoute> Routes { get; } =
        [.. admin.Routes, .. queues.Routes, .. JobApi.Routes, .. jobs.Routes, .. search.Routes, .. MetricsApi.Routes, .. events.Routes, .. beyond.Routes, .. server.Routes];
}
