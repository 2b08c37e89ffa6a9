namespace JobAdmin;

/// <summary>Where the client reports what it sends, for <c>-Debug</c>. It follows the asynchronous flow of one cmdlet.</summary>
public static class WireLog
{
    private static readonly AsyncLocal<Action<string>?> Sink = new();

    /// <summary>Who listens in this flow; null when nobody does.</summary>
    public static Action<string>? Current
    {
        get => Sink.Value;
        set => Sink.Value = value;
    }

    /// <summary>Reports one call, without secrets.</summary>
    /// <param name="call">What was sent.</param>
    /// <param name="elapsed">How long the answer took.</param>
    public static void Write(string call, TimeSpan elapsed) =>
        Sink.Value?.Invoke(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{call} ({elapsed.TotalMilliseconds:0.0} ms)"));
}
