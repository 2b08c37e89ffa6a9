namespace JobAdmin;

/// <summary>Where the client reports what it sends, for <c>-Debug</c>, and what it decides, for <c>-Verbose</c>. It follows the asynchronous flow of one cmdlet.</summary>
public static class WireLog
{
    private static readonly AsyncLocal<Action<string>?> Sink = new();
    private static readonly AsyncLocal<Action<string>?> NoteSink = new();

    /// <summary>Who listens in this flow; null when nobody does.</summary>
    public static Action<string>? Current
    {
        get => Sink.Value;
        set => Sink.Value = value;
    }

    /// <summary>Who listens for decisions in this flow, for <c>-Verbose</c>; null when nobody does.</summary>
    public static Action<string>? Notes
    {
        get => NoteSink.Value;
        set => NoteSink.Value = value;
    }

    /// <summary>Reports a decision that the user may want to know of: a wait, a bound of the server's.</summary>
    /// <param name="text">The decision, without secrets.</param>
    public static void Note(string text) => NoteSink.Value?.Invoke(text);

    /// <summary>Reports one call, without secrets.</summary>
    /// <param name="call">What was sent.</param>
    /// <param name="elapsed">How long the answer took.</param>
    public static void Write(string call, TimeSpan elapsed) =>
        Sink.Value?.Invoke(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{call} ({elapsed.TotalMilliseconds:0.0} ms)"));
}
