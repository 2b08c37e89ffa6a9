using System.Management.Automation;
using JobAdmin.Base;

namespace JobAdmin.Commands;

/// <summary>Measures and examines job servers: round trip, versions, memory policy, role, and what calls for attention.</summary>
[Cmdlet(VerbsDiagnostic.Test, "JobServer")]
[OutputType(typeof(JobServerReport), typeof(bool))]
public sealed class TestJobServerCommand : JobServerCmdlet
{
    /// <summary>Connections from the pipeline, or their names.</summary>
    [Parameter(ValueFromPipeline = true)]
    [Parameters.Connection]
    public JobServerConnection[]? InputObject { get; set; }

    /// <summary>Answers only whether the server is well.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    internal override void Process()
    {
        Connection = InputObject ?? Connection;
        foreach (var server in Servers())
        {
            var report = Run(token => ExamineAsync(server, token));
            WriteObject(Quiet ? report.Healthy : report);
        }
    }

    private static async Task<JobServerReport> ExamineAsync(IJobServer server, CancellationToken token)
    {
        try
        {
            return await server.TestAsync(token).ConfigureAwait(false);
        }
        catch (JobServerException e) when (e.Kind is JobErrorKind.Connection or JobErrorKind.Timeout or JobErrorKind.Access)
        {
            // Not to be reached is an answer to the question.
            return new JobServerReport
            {
                Connection = server.Connection.Name,
                Kind = server.Connection.Kind,
                Endpoint = server.Connection.Endpoint,
                Warnings = [e.Message],
            };
        }
    }
}
