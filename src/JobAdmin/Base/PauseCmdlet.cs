using System.Management.Automation;
using JobAdmin.Completion;

namespace JobAdmin.Base;

/// <summary>A cmdlet that pauses or resumes queues.</summary>
public abstract class PauseCmdlet : QueueCmdlet
{
    /// <summary>Only the jobs of this name, on servers that can.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(LiteralJobNameCompleter))]
    public string? JobName { get; set; }

    /// <summary>Goes on where the queue's layout is foreign or mixed.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the queue as it is afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Whether it pauses.</summary>
    internal abstract bool Pauses { get; }

    internal override CapabilityNeed? Need => JobName is null
        ? new(JobServerCapabilities.Pause, "pause and resume queues") : new(JobServerCapabilities.PauseName, "pause and resume jobs by name");

    internal override void ProcessQueue(QueueReference queue)
    {
        if (!ShouldDo(queue, $"{Verb} {(JobName is null ? "" : $"the jobs named {JobName} of ")}{queue}"))
        {
            return;
        }

        Run(async token =>
        {
            var changed = await queue.Server.SetPausedAsync(queue.Queue, Pauses, JobName, Force, token).ConfigureAwait(false);
            Audit.Count(queue, !changed ? "unchanged" : Pauses ? "suspended" : "resumed");
            if (!changed)
            {
                await VerboseAsync($"{queue} was {(Pauses ? "paused" : "running")} already").ConfigureAwait(false);
            }

            if (PassThru)
            {
                var name = new QueueQuery { Names = [WildcardPattern.Escape(queue.Queue)] };
                await foreach (var info in queue.Server.GetQueuesAsync(name, token).ConfigureAwait(false))
                {
                    await EmitAsync(info).ConfigureAwait(false);
                }
            }
        });
    }
}
