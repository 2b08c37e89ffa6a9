using System.Globalization;
using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Display;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Changes the settings of queues: how many jobs run at once, how many may start in a time, how many events are kept.</summary>
[Cmdlet(VerbsCommon.Set, "JobQueue", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(JobQueueInfo))]
public sealed class SetJobQueueCommand : QueueCmdlet
{
    /// <summary>Jobs that may run at once, over all workers; 0 for no bound.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? Concurrency { get; set; }

    /// <summary>Jobs that may start in -RateLimitDuration, over all workers; 0 for no bound.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? RateLimitMax { get; set; }

    /// <summary>The window of the rate limit: 1s, 1m, or a TimeSpan.</summary>
    [Parameter]
    [ValidateNotNull]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? RateLimitDuration { get; set; }

    /// <summary>Lets go a rate limit that holds the queue now.</summary>
    [Parameter]
    public SwitchParameter ReleaseRateLimit { get; set; }

    /// <summary>How many events are kept, about.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? MaxEvents { get; set; }

    /// <summary>Writes the queue as it is afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    internal override string Verb => "Set";

    internal override void Check()
    {
        if (Describe().Length == 0)
        {
            throw JobErrors.Input("NothingToSet", "Nothing says what to set.", "Give -Concurrency, -RateLimitMax with -RateLimitDuration, -ReleaseRateLimit or -MaxEvents.");
        }

        if (RateLimitDuration <= TimeSpan.Zero)
        {
            throw JobErrors.Input("RateLimitIncomplete", "A rate limit counts in a length of time above zero.", "Give it as in -RateLimitDuration 1s; -RateLimitMax 0 takes the limit away.");
        }
    }

    internal override CapabilityNeed? Need => new(JobServerCapabilities.QueueSettings, "change the settings of a queue");

    internal override void ProcessQueue(QueueReference queue)
    {
        if (!ShouldDo(queue, $"Give {queue} {Describe()}"))
        {
            return;
        }

        var settings = new JobQueueSettings
        {
            Concurrency = Concurrency, RateLimitMax = RateLimitMax, RateLimitDuration = RateLimitDuration, ReleaseRateLimit = ReleaseRateLimit, MaxEvents = MaxEvents,
        };
        Run(async token =>
        {
            foreach (var note in await JobCapability.Of<IJobQueueSettings>(queue.Server, "change the settings of a queue").SetQueueAsync(queue.Queue, settings, token).ConfigureAwait(false))
            {
                await WarnAsync(note).ConfigureAwait(false);
            }

            Audit.Count(queue, "updated");
            if (PassThru)
            {
                await foreach (var info in queue.Server.GetQueuesAsync(new QueueQuery { Names = [WildcardPattern.Escape(queue.Queue)] }, token).ConfigureAwait(false))
                {
                    await EmitAsync(info).ConfigureAwait(false);
                }
            }
        });
    }

    private string Describe()
    {
        var words = new List<string>();
        if (Concurrency is { } jobs)
        {
            words.Add(jobs == 0 ? "no bound of concurrency" : string.Create(CultureInfo.CurrentCulture, $"a concurrency of {jobs:N0}"));
        }

        if (RateLimitMax == 0)
        {
            words.Add("no rate limit");
        }
        else if (RateLimitMax is not null || RateLimitDuration is not null)
        {
            words.Add($"a rate limit of {(RateLimitMax is { } max ? $"{max:N0} {(max == 1 ? "job" : "jobs")}" : "as many jobs")}{(RateLimitDuration is { } time ? $" in {CellText.Duration(time)}" : "")}");
        }

        if (ReleaseRateLimit)
        {
            words.Add("freedom from the rate limit that holds it now");
        }

        if (MaxEvents is { } events)
        {
            words.Add($"a history of {events:N0} events");
        }

        return string.Join(", ", words);
    }
}
