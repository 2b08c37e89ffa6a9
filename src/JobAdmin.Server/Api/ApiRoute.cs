using JobAdmin.Server.Security;

namespace JobAdmin.Server.Api;

/// <summary>One operation: what is matched, who may call it, how it is described, and what answers. The table of these is the API, and its description too.</summary>
internal sealed record ApiRoute(string Method, string Path, AccessRole Role, string Summary, Func<ApiCall, Task> Handler)
{
    /// <summary>The group it is shown in.</summary>
    public string Tag { get; init; } = "Queues";

    /// <summary>What it takes besides its path.</summary>
    public IReadOnlyList<ApiParameter> Parameters { get; init; } = [];

    /// <summary>The schema of its body, or null when it takes none.</summary>
    public string? Body { get; init; }

    /// <summary>Whether the body may be left out.</summary>
    public bool BodyOptional { get; init; }

    /// <summary>The schema of its success, or null where that is no JSON.</summary>
    public string? Answer { get; init; }

    /// <summary>The content type of its success.</summary>
    public string AnswerType { get; init; } = "application/json";

    /// <summary>The status of its success.</summary>
    public int Success { get; init; } = 200;

    /// <summary>Whether it changes anything: these are noted, and refused in read-only mode.</summary>
    public bool Changes { get; init; }

    /// <summary>Whether it needs the queues, so that it ends in 503 where they are turned off.</summary>
    public bool NeedsQueues { get; init; } = true;

    /// <summary>Whether it is of the first page, whose errors look different.</summary>
    public bool IsAdmin => Path.StartsWith("/api/admin", StringComparison.Ordinal);
}

/// <summary>One parameter of an operation.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its JSON type.</param>
/// <param name="Description">What it means.</param>
internal sealed record ApiParameter(string Name, string Type, string Description)
{
    /// <summary>What stands in when it is left out.</summary>
    public object? Default { get; init; }

    /// <summary>Whether it must be there.</summary>
    public bool Required { get; init; }

    /// <summary>The only values, or null.</summary>
    public IReadOnlyList<string>? Words { get; init; }

    /// <summary>Where it stands.</summary>
    public string In { get; init; } = "query";
}
