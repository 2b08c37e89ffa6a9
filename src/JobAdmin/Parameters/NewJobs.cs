using System.Management.Automation;
using JobAdmin.Base;

namespace JobAdmin.Parameters;

/// <summary>Makes the children of a flow of what users give: hashtables or objects with Name, Data, Queue and so on.</summary>
internal static class NewJobs
{
    private const int MaxDepth = 50;

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
            Attempts = given.Of<int>("Attempts"),
            Backoff = given.Converted(["Backoff"], BackoffAttribute.Convert),
            Lifo = given.Of<bool>("Lifo") == true,
            KeepCompleted = given.Converted(["KeepCompleted"], KeepAttribute.Convert),
            KeepFailed = given.Converted(["KeepFailed"], KeepAttribute.Convert),
            Options = JsonText.ObjectOf(given.Value("Option", "Options"), "Option"),
            Children = nested is null ? [] : Children([.. (LanguagePrimitives.GetEnumerable(nested) ?? new[] { nested }).Cast<object?>()], depth + 1),
        };
        given.RefuseOthers();
        return job;
    }
}
