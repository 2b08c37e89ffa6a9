using JobAdmin.Base;

namespace JobAdmin.Checkpoints;

/// <summary>Changes jobs of one queue.</summary>
/// <param name="queue">The queue.</param>
/// <param name="ids">The jobs.</param>
/// <param name="token">Stops it.</param>
/// <returns>One outcome a job, in order.</returns>
internal delegate Task<IReadOnlyList<JobOutcome>> ChangeJobs(QueueReference queue, IReadOnlyList<string> ids, CancellationToken token);
