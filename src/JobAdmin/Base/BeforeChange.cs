namespace JobAdmin.Base;

/// <summary>Done with jobs before they are changed; when it fails, they are not.</summary>
/// <param name="server">The server.</param>
/// <param name="queue">The queue.</param>
/// <param name="ids">The jobs.</param>
/// <param name="token">Stops it.</param>
internal delegate Task BeforeChange(IJobServer server, string queue, IReadOnlyList<string> ids, CancellationToken token);
