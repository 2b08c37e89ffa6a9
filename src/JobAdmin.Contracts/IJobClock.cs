namespace JobAdmin;

/// <summary>A server that tells the time, by which the applications' jobs are dated more or less, whatever the clock of this machine says.</summary>
public interface IJobClock
{
    /// <summary>The server's time.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    Task<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken);
}
