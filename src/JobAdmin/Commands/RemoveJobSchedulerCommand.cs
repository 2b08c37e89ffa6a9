using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Removes schedulers and the jobs of their next runs. Jobs that wait or run already go on.</summary>
[Cmdlet(VerbsCommon.Remove, "JobScheduler", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(JobOutcome))]
public sealed class RemoveJobSchedulerCommand : JobServerCmdlet
{
    /// <summary>The ids of the schedulers; wildcards may be used.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(SchedulerIdCompleter))]
    public string[]? Id { get; set; }

    /// <summary>Schedulers from the pipeline: what Get-JobScheduler writes, or objects with Queue and Id.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <summary>The queue. Without it, the one that the object names, or the connection's default queue.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [PlainText]
    [ArgumentCompleter(typeof(LiteralQueueCompleter))]
    public string? Queue { get; set; }

    /// <summary>Why, in your own words: it stands in the audit.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AuditReason { get; set; }

    /// <summary>Writes what became of each scheduler.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    internal override string? Why => AuditReason;

    internal override void Process()
    {
        if (InputObject is { } item)
        {
            try
            {
                Remove(SchedulerReference.Of(this, item, Queue));
            }
            catch (JobServerException e)
            {
                Audit.Count(null, "failed");
                WriteError(JobErrors.From(e, item));
            }
        }
        else if (!MyInvocation.ExpectingInput)
        {
            var ids = Id ?? throw JobErrors.Input("SchedulerMissing", "Nothing says which scheduler is meant.", "Name it with -Id, or pipe it from Get-JobScheduler.");
            foreach (var server in Servers())
            {
                Named(server, SchedulerReference.QueueOf(server, Queue), ids).ForEach(Remove);
            }
        }
    }

    private List<SchedulerReference> Named(IJobServer server, string queue, string[] ids)
    {
        var named = ids.Where(id => !JobWildcard.HasWildcard(id)).Select(id => new SchedulerReference(server, queue, new JobWildcard(id).Literal!)).ToList();
        if (ids.Where(JobWildcard.HasWildcard).ToArray() is { Length: > 0 } patterns)
        {
            Run(async token =>
            {
                await foreach (var page in JobCapability.Of<IJobSchedulers>(server, "change schedulers").GetSchedulersAsync(queue, patterns, 0, token).ConfigureAwait(false))
                {
                    named.AddRange(page.Where(found => found.State != JobSchedulerState.Legacy).Select(found => new SchedulerReference(server, queue, found.Id)));
                }
            });
        }

        return named;
    }

    private void Remove(SchedulerReference scheduler)
    {
        if (!ShouldDo(scheduler.Place, $"Remove {scheduler}"))
        {
            return;
        }

        var outcome = Run(token => scheduler.Schedulers.RemoveSchedulersAsync(scheduler.Queue, [scheduler.Id], token))[0];
        Audit.Count(outcome);
        if (PassThru)
        {
            WriteObject(outcome);
        }

        switch (outcome.Status)
        {
            case JobOutcomeStatus.Removed when outcome.Message is { } left:
                WriteWarning($"Removed {scheduler}. {left}");
                break;
            case JobOutcomeStatus.Removed:
                break;
            case JobOutcomeStatus.NotFound:
                WriteError(JobErrors.From(JobErrors.SchedulerNotFound(scheduler.Id, $"queue {scheduler.Queue}")));
                break;
            default:
                WriteError(JobErrors.From(new JobServerException("SchedulerNotRemoved", JobErrorKind.InvalidState, $"{char.ToUpperInvariant(scheduler.ToString()[0])}{scheduler.ToString()[1..]} was not removed: {outcome.Message}") { Target = outcome }));
                break;
        }
    }
}
