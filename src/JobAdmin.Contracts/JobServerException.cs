namespace JobAdmin;

/// <summary>The kind of a <see cref="JobServerException"/>; it decides the error category that PowerShell shows.</summary>
public enum JobErrorKind
{
    /// <summary>The server can't be reached or the connection broke.</summary>
    Connection,
    /// <summary>The server refuses the user, the password, the key or the command.</summary>
    Access,
    /// <summary>A queue, job, connection or other thing named by the user isn't there.</summary>
    NotFound,
    /// <summary>The thing is there, in a state that does not allow the operation.</summary>
    InvalidState,
    /// <summary>What the user gave can't be used.</summary>
    InvalidInput,
    /// <summary>The server has no such operation.</summary>
    NotSupported,
    /// <summary>The server did not answer in time.</summary>
    Timeout,
    /// <summary>The server answered with something that can't be understood, or with an error of its own.</summary>
    Server,
}

/// <summary>An error of a job server or of what the user asked of it, with a stable id and a word of advice. It never carries a secret.</summary>
public class JobServerException : Exception
{
    /// <summary>Makes an error.</summary>
    /// <param name="errorId">A stable id, as listed in <c>about_JobAdmin</c>.</param>
    /// <param name="kind">The kind of error.</param>
    /// <param name="message">What happened.</param>
    /// <param name="advice">What to do next.</param>
    /// <param name="inner">The cause, when there is one that holds no secret.</param>
    public JobServerException(string errorId, JobErrorKind kind, string message, string? advice = null, Exception? inner = null)
        : base(message, inner)
    {
        ErrorId = errorId;
        Kind = kind;
        Advice = advice;
    }

    /// <summary>The stable id.</summary>
    public string ErrorId { get; }

    /// <summary>The kind of error.</summary>
    public JobErrorKind Kind { get; }

    /// <summary>What to do next, or null.</summary>
    public string? Advice { get; }

    /// <summary>What the error is about (a queue, an id, an address), or null.</summary>
    public object? Target { get; init; }

    /// <summary>An operation that the server does not have.</summary>
    /// <param name="server">The connection's name.</param>
    /// <param name="kind">What kind of server it is.</param>
    /// <param name="operation">The operation, as a phrase ("promote jobs").</param>
    /// <returns>The error.</returns>
    public static JobServerException NotSupported(string server, JobServerKind kind, string operation) =>
        new("NotSupported", JobErrorKind.NotSupported, $"{kind} server '{server}' can't {operation}: its API has no such operation.",
            "Get-JobServer | Format-List shows what each connected server can do.");

    /// <summary>A change asked of a read-only connection.</summary>
    /// <param name="server">The connection's name.</param>
    /// <returns>The error.</returns>
    public static JobServerException ReadOnly(string server) =>
        new("ReadOnlyConnection", JobErrorKind.Access, $"The connection '{server}' is read-only: nothing was sent.",
            "Connect again without -ReadOnly to change anything.");

    /// <summary>Whether the error is about a queue.</summary>
    /// <param name="queue">The queue.</param>
    internal bool IsAbout(string queue) => Target is string target && target == queue;
}
