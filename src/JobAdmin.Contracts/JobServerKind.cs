namespace JobAdmin;

/// <summary>What speaks at the other end of a connection.</summary>
public enum JobServerKind
{
    /// <summary>BullMQ's own data on Redis or Valkey.</summary>
    Redis = 0,
    /// <summary>The BioAgents job management API.</summary>
    BioAgents,
    /// <summary>The Conveyor dashboard API.</summary>
    Conveyor,
    /// <summary>The Openinary queue API.</summary>
    Openinary,
    /// <summary>The Fifth Element jobs API.</summary>
    FifthElement,
    /// <summary>The MCRIT job API.</summary>
    Mcrit,
}
