using JobAdmin.Base;

namespace JobAdmin.Checkpoints;

/// <summary>What is still to be done of a batch that was under way when a run broke off.</summary>
/// <param name="Number">The batch.</param>
/// <param name="Queue">Its queue.</param>
/// <param name="Total">How many jobs it has.</param>
/// <param name="Ids">Those of its jobs that have not been changed; none when all have.</param>
internal sealed record CheckpointRest(int Number, QueueReference Queue, int Total, IReadOnlyList<string> Ids);
