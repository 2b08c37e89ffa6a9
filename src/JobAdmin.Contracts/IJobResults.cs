using System.Text.Json;

namespace JobAdmin;

/// <summary>A server that keeps results apart from jobs, each with an id of its own.</summary>
/// <remarks>Every server with <see cref="JobServerCapabilities.Result"/> also gives the result as <see cref="JobParts.ReturnValue"/> of the job.</remarks>
public interface IJobResults
{
    /// <summary>The result of a job.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="id">The job's id.</param>
    /// <param name="compact">Whether the bulky parts may be left out.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The result; without a value when the job has none yet.</returns>
    Task<JobResult> GetResultOfJobAsync(string queue, string id, bool compact, CancellationToken cancellationToken);

    /// <summary>A result by its own id.</summary>
    /// <param name="resultId">The result's id.</param>
    /// <param name="compact">Whether the bulky parts may be left out.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The result.</returns>
    Task<JobResult> GetResultAsync(string resultId, bool compact, CancellationToken cancellationToken);

    /// <summary>The job that made a result.</summary>
    /// <param name="resultId">The result's id.</param>
    /// <param name="parts">Parts beyond the ones always shown.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The job, or null when it is gone.</returns>
    Task<QueueJob?> GetJobOfResultAsync(string resultId, JobParts parts, CancellationToken cancellationToken);
}

/// <summary>The result of a job.</summary>
public sealed class JobResult
{
    private JsonField value;

    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The job's id, when known.</summary>
    public string? Id { get; init; }

    /// <summary>The result's id, when it has one.</summary>
    public string? ResultId { get; init; }

    /// <summary>Whether there is a result.</summary>
    public bool HasValue => value.Raw is not null;

    /// <summary>The name of the connection.</summary>
    public string? Connection => Server?.Connection.Name;

    internal IJobServer? Server { get; init; }

    internal ReadOnlyMemory<byte>? RawValue { get => value.Raw; init => this.value = new(value); }

    /// <summary>The result, parsed at the first call.</summary>
    /// <returns>The JSON, or null when there is none.</returns>
    public JsonElement? GetValue() => value.Parse();

    /// <summary>The result as it came.</summary>
    /// <returns>The text, or null when there is none.</returns>
    public string? GetValueText() => value.Text;
}
