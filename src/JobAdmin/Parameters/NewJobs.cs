using System.Management.Automation;
using System.Text.Json;
using JobAdmin.Base;

namespace JobAdmin.Parameters;

/// <summary>Makes the children of a flow of what users give: hashtables or objects with Name, Data, Queue and so on.</summary>
internal static class NewJobs
{
    private const int MaxDepth = 50;

    private const string NoTwin = "A scheduler has one next job at the most: leave it out.";

    // What BullMQ's library reads before it sends a job, and its scripts do not: stored among the options it would mean nothing.
    private static readonly (string Name, string InJob, string InChild, string InScheduler)[] Elsewhere =
    [
        ("jobId", "Give the id with -Id.", "Give the id as Id, beside Name.", "Its jobs get ids of their own: leave it out."),
        ("parent", "Add the parent, and this job as one of its -Children.", "Its parent is the job whose child it is: leave it out.", "Its jobs have no parent: leave it out."),
        ("repeat", "Set-JobScheduler makes jobs that repeat.", "Set-JobScheduler makes jobs that repeat.", "Give -Pattern or -Every."),
        ("debounce", "Give it as deduplication.", "Leave it out.", NoTwin),
    ];

    // What the jobs of a scheduler can't have besides.
    private static readonly (string Name, string Advice)[] NotScheduled =
    [
        ("delay", "When its jobs run is told by -Pattern or -Every."), ("deduplication", NoTwin), ("de", NoTwin),
    ];

    /// <summary>Reads options by BullMQ's own names.</summary>
    /// <param name="value">The value; null is none.</param>
    /// <param name="ofChild">Whether they are those of a child in a flow.</param>
    /// <param name="ofScheduler">Whether they are those of a scheduler's jobs.</param>
    /// <returns>JSON, or null for none.</returns>
    public static string? Options(object? value, bool ofChild = false, bool ofScheduler = false)
    {
        var text = JsonText.ObjectOf(value, "Option");
        if (text is null)
        {
            return null;
        }

        using var document = Read(text);
        foreach (var option in document.RootElement.EnumerateObject())
        {
            var name = JsonStrings.Name(option);
            if (Array.Find(Elsewhere, one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { Name: not null } other)
            {
                throw JobErrors.Input("InvalidSetting", $"'{name}' has no effect among the options of a job.", ofScheduler ? other.InScheduler : ofChild ? other.InChild : other.InJob, value);
            }

            if (ofScheduler && Array.Find(NotScheduled, one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { Name: not null } none)
            {
                throw JobErrors.Input("InvalidSetting", $"'{name}' has no effect among the options of a scheduler's jobs.", none.Advice, value);
            }

            OptionKinds.Check(option);
        }

        return text;
    }

    /// <summary>Whether options have a deduplication id, by BullMQ's long name or its short one.</summary>
    /// <param name="options">JSON, or null for none.</param>
    public static bool Deduplicate(string? options)
    {
        using var document = Read(options ?? "{}");
        return document.RootElement.EnumerateObject().Any(option => JsonStrings.Name(option) is "deduplication" or "de");
    }

    /// <summary>Converts children.</summary>
    /// <param name="children">The children.</param>
    /// <param name="depth">How deep they stand.</param>
    public static IReadOnlyList<NewJob> Children(object?[]? children, int depth = 1) =>
        depth > MaxDepth ? throw JobErrors.Input("InvalidSetting", $"The flow is more than {MaxDepth} levels deep, or a child holds itself.")
        : [.. (children ?? []).Select(child => Child(child ?? throw JobErrors.Input("InvalidSetting", "A child of the flow is null.", "Give hashtables, as in -Children @{ Name = 'resize'; Queue = 'images' }."), depth))];

    private static NewJob Child(object child, int depth)
    {
        var given = new NamedValues(child, "a child");
        var name = given.Text("Name") ?? throw JobErrors.Input("InvalidSetting", "A child of the flow has no Name.", "Give hashtables, as in -Children @{ Name = 'resize'; Queue = 'images' }.", child);
        var nested = given.Value("Children");
        var job = new NewJob
        {
            Name = name,
            Queue = given.Text("Queue"),
            Data = JsonText.Of(given.Value("Data"), "Data"),
            Id = given.Text("Id", "JobId"),
            Priority = given.Of<long>("Priority"),
            Delay = given.Duration("Delay"),
            Attempts = given.Of<int>("Attempts") is not { } attempts ? null : attempts > 0 ? attempts
                : throw JobErrors.Input("InvalidSetting", $"A child can't be tried {attempts} times.", "Give Attempts of 1 or more, or none.", child),
            Backoff = given.Converted(["Backoff"], BackoffAttribute.Convert),
            Lifo = given.Of<bool>("Lifo") == true,
            KeepCompleted = given.Converted(["KeepCompleted"], KeepAttribute.Convert),
            KeepFailed = given.Converted(["KeepFailed"], KeepAttribute.Convert),
            Options = Options(given.Value("Option", "Options"), ofChild: true),
            Children = nested is null ? [] : Children([.. (LanguagePrimitives.GetEnumerable(nested) ?? new[] { nested }).Cast<object?>()], depth + 1),
        };
        given.RefuseOthers();
        return job;
    }

    private static JsonDocument Read(string options) => JsonDocument.Parse(options, JsonText.Reading);
}
