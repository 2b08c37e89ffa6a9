namespace JobAdmin.Base;

/// <summary>The servers of piped jobs that can do what the cmdlet does. Of one that can't there is one error, however many jobs come from there.</summary>
internal sealed class AbleServers
{
    private readonly HashSet<IJobServer> refused = [];
    private IJobServer? able;

    /// <summary>Whether a job's server is one of them.</summary>
    /// <param name="job">The job.</param>
    /// <param name="cmdlet">The cmdlet, which says what it needs and takes the error.</param>
    public bool Include(JobReference job, JobServerCmdlet cmdlet)
    {
        if (job.Server == able || refused.Contains(job.Server))
        {
            return job.Server == able;
        }

        try
        {
            cmdlet.Require(job.Server);
            able = job.Server;
            return true;
        }
        catch (JobServerException e)
        {
            refused.Add(job.Server);
            cmdlet.WriteError(JobErrors.From(e, job.ToString()));
            return false;
        }
    }
}
