namespace JobAdmin.Base;

/// <summary>What a cmdlet needs of a server.</summary>
/// <param name="Capability">The capability.</param>
/// <param name="Operation">The operation, as a phrase ("pause and resume queues").</param>
internal readonly record struct CapabilityNeed(JobServerCapabilities Capability, string Operation);
