using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Display;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Makes schedulers or changes them; what is not given stays as it is. One that could never fire is refused.</summary>
[Cmdlet(VerbsCommon.Set, "JobScheduler", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(JobScheduler), typeof(JobOutcome))]
public sealed class SetJobSchedulerCommand : JobServerCmdlet
{
    private static readonly string[] Settings =
        [nameof(Pattern), nameof(TimeZone), nameof(Every), nameof(Offset), nameof(Limit), nameof(StartDate), nameof(EndDate), nameof(Name), nameof(Data), nameof(Option)];

    /// <summary>The scheduler's id.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(LiteralSchedulerIdCompleter))]
    public string? Id { get; set; }

    /// <summary>Schedulers from the pipeline: what Get-JobScheduler writes, or objects with Id, Queue, Pattern, Every and so on.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <summary>The queue. Without it, the one that the object names, or the connection's default queue.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [PlainText]
    [ArgumentCompleter(typeof(LiteralQueueCompleter))]
    public string? Queue { get; set; }

    /// <summary>The cron pattern, with five or six fields: '0 3 * * 1-5'.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(CronCompleter))]
    public string? Pattern { get; set; }

    /// <summary>The time zone of the pattern, by its IANA name: Europe/Berlin.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(TimeZoneCompleter))]
    public string? TimeZone { get; set; }

    /// <summary>The interval: 30s, 15m, 1h, or a TimeSpan.</summary>
    [Parameter]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? Every { get; set; }

    /// <summary>How far the runs lie behind full intervals: with -Every 1h -Offset 5m, at five past.</summary>
    [Parameter]
    [ValidateNotNull]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? Offset { get; set; }

    /// <summary>How often it may run in all.</summary>
    [Parameter]
    public long? Limit { get; set; }

    /// <summary>When it begins.</summary>
    [Parameter]
    [Time]
    public DateTimeOffset? StartDate { get; set; }

    /// <summary>When it ends.</summary>
    [Parameter]
    [Time]
    public DateTimeOffset? EndDate { get; set; }

    /// <summary>The name of its jobs. Without it, the scheduler's id.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(LiteralJobNameCompleter))]
    public string? Name { get; set; }

    /// <summary>The data of its jobs: a hashtable, an object, or JSON text.</summary>
    [Parameter]
    [AllowNull]
    public object? Data { get; set; }

    /// <summary>The options of its jobs by BullMQ's own names: a hashtable or JSON.</summary>
    [Parameter]
    [AllowNull]
    public object? Option { get; set; }

    /// <summary>Adds one of its jobs now. The schedule stays as it is.</summary>
    [Parameter]
    public SwitchParameter RunNow { get; set; }

    /// <summary>Why, in your own words: it stands in the audit.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AuditReason { get; set; }

    /// <summary>Writes the scheduler as it is afterwards, or with -RunNow the job.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    internal override string? Why => AuditReason;

    internal override void Process()
    {
        if (InputObject is { } item)
        {
            try
            {
                Set(SchedulerReference.Of(this, item, Queue), item);
            }
            catch (JobServerException e)
            {
                Audit.Count(null, "failed");
                WriteError(JobErrors.From(e, item));
            }
        }
        else if (!MyInvocation.ExpectingInput)
        {
            var server = Servers() is [var only] ? only : throw JobErrors.Input("ConnectionAmbiguous", "Several connections are named, and one is meant.");
            var id = Id ?? throw JobErrors.Input("SchedulerMissing", "Nothing says which scheduler is meant.", "Name it with -Id, or pipe it from Get-JobScheduler.");
            Set(new SchedulerReference(server, SchedulerReference.QueueOf(server, Queue), id), null);
        }
    }

    private void Set(SchedulerReference scheduler, PSObject? item)
    {
        var now = Run(scheduler.ReadAsync);
        var same = item is { BaseObject: JobScheduler own } && own.Server == scheduler.Server && own.Queue == scheduler.Queue;
        if (Array.Exists(Settings, IsBound) || (item is not null && !(same && RunNow)))
        {
            SetSettings(scheduler, now, same ? null : item);
        }
        else if (!RunNow)
        {
            throw JobErrors.Input("NothingToSet", $"Nothing says what to set of {scheduler}.", "Give -Pattern or -Every, another setting, or -RunNow.");
        }

        if (RunNow && ShouldDo(scheduler.Place, $"Add a job of {scheduler} now"))
        {
            var outcome = Run(token => scheduler.Schedulers.RunSchedulerAsync(scheduler.Queue, scheduler.Id, token));
            new OutcomeWriter(this, "added", PassThru).Write([outcome]);
        }
    }

    private void SetSettings(SchedulerReference scheduler, JobScheduler? now, PSObject? item)
    {
        var before = now is null ? null : SchedulerChange.SettingsOf(now);
        var after = Given(Piped(before ?? new JobSchedulerSettings { Id = scheduler.Id }, item));
        var runs = Run(token => scheduler.Schedulers.CheckSchedulerAsync(scheduler.Queue, after, 1, token));
        var differences = before is null ? null : SchedulerChange.Differences(before, after);
        var healthy = now?.State is JobSchedulerState.Scheduled or JobSchedulerState.Due or JobSchedulerState.Running;
        if (differences is { Count: 0 } && healthy)
        {
            Tell($"the {scheduler} is so already");
            WriteIf(PassThru && !RunNow, now);
            return;
        }

        // The runs of an interval that stays go on from where they are.
        var next = healthy && before!.Every is not null && before.Every == after.Every ? now!.Next : runs[0];
        var what = before is null ? $"Make {scheduler}: {SchedulerChange.Describe(after)}" : differences!.Count > 0 ? $"Change {scheduler}: {string.Join(", ", differences)}" : $"Set {scheduler} anew";
        if (!ShouldDo(scheduler.Place, $"{what}; next run {CellText.SecondWithOffset(next)}{(now?.Next is { } old && healthy && old != next ? $" (was {CellText.SecondWithOffset(old)})" : "")}"))
        {
            return;
        }

        Run(token => scheduler.Schedulers.SetSchedulerAsync(scheduler.Queue, after, token));
        Audit.Count(scheduler.Place, now is null ? "added" : "updated", 1, scheduler.Id);
        if (after is { Pattern: { } pattern, TimeZone: null })
        {
            WriteWarning($"The {scheduler} has a pattern ('{pattern}') and no time zone: its workers read it in the time of their own machines. -TimeZone makes it the same everywhere.");
        }

        WriteIf(PassThru && !RunNow, PassThru && !RunNow ? Run(scheduler.ReadAsync) : null);
    }

    private void WriteIf(bool wanted, JobScheduler? scheduler)
    {
        if (wanted && scheduler is not null)
        {
            WriteObject(scheduler);
        }
    }

    /// <summary>The settings of a piped object over those that are there.</summary>
    private static JobSchedulerSettings Piped(JobSchedulerSettings settings, PSObject? item)
    {
        if (item is null)
        {
            return settings;
        }

        if (item.BaseObject is JobScheduler scheduler)
        {
            return SchedulerChange.SettingsOf(scheduler);
        }

        var given = new NamedValues(item, "the scheduler");
        var rule = given.Has("Pattern") || given.Has("Every");
        return settings with
        {
            Name = given.Has("Name") ? given.Text("Name") : settings.Name,
            Pattern = rule ? given.Text("Pattern") : settings.Pattern,
            Every = rule ? given.Duration("Every") : settings.Every,
            TimeZone = given.Has("TimeZone") || rule ? given.Text("TimeZone", "Tz") : settings.TimeZone,
            Limit = given.Has("Limit") ? given.Of<long>("Limit") : settings.Limit,
            StartDate = given.Has("StartDate") ? given.Time("StartDate") : settings.StartDate,
            EndDate = given.Has("EndDate") ? given.Time("EndDate") : settings.EndDate,
            Data = given.Has("Data") ? JsonText.Of(Some(given.Value("Data")), "Data") : settings.Data,
            Options = given.Has("Option") || given.Has("Options") ? JsonText.ObjectOf(Some(given.Value("Option", "Options")), "Option") ?? "{}" : settings.Options,
        };
    }

    // What was nothing has become an empty text in JSON and CSV.
    private static object? Some(object? value) => value is "" ? null : value;

    /// <summary>What the parameters say over that. A pattern takes the place of an interval, and the other way round; null takes a setting away.</summary>
    private JobSchedulerSettings Given(JobSchedulerSettings settings)
    {
        var pattern = IsBound(nameof(Pattern)) ? Pattern : settings.Pattern;
        var every = IsBound(nameof(Every)) ? Every : settings.Every;
        if (!string.IsNullOrEmpty(Pattern) && !IsBound(nameof(Every)))
        {
            every = null;
        }
        else if (Every is not null && !IsBound(nameof(Pattern)))
        {
            pattern = null;
        }

        return settings with
        {
            Pattern = string.IsNullOrEmpty(pattern) ? null : pattern,
            Every = every,
            TimeZone = IsBound(nameof(TimeZone)) ? (string.IsNullOrEmpty(TimeZone) ? null : TimeZone) : string.IsNullOrEmpty(pattern) ? null : settings.TimeZone,
            Offset = Offset,
            Limit = IsBound(nameof(Limit)) ? Limit : settings.Limit,
            StartDate = IsBound(nameof(StartDate)) ? StartDate : settings.StartDate,
            EndDate = IsBound(nameof(EndDate)) ? EndDate : settings.EndDate,
            Name = IsBound(nameof(Name)) ? (string.IsNullOrEmpty(Name) ? null : Name) : settings.Name,
            Data = IsBound(nameof(Data)) ? JsonText.Of(Data, nameof(Data)) : settings.Data,
            Options = IsBound(nameof(Option)) ? NewJobs.Options(Option, ofScheduler: true) ?? "{}" : settings.Options,
        };
    }

    private bool IsBound(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);
}
