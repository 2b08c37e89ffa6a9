using System.Text;
using System.Text.Json;

namespace JobAdmin.Client.Http;

/// <summary>Says in our words what went wrong between us and an HTTP server. What the server says is cleaned before it is quoted.</summary>
internal sealed class ApiErrors(string endpoint, IReadOnlyList<Secret> secrets)
{
    private const int LongestQuote = 300;

    /// <summary>The error for an answer that is no success, or that can't be understood.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="what">What was asked for, as a phrase (<c>list jobs</c>).</param>
    public JobServerException From(ApiAnswer answer, string what) => answer.Fault switch
    {
        ApiFault.NotSent => new("ConnectionFailed", JobErrorKind.Connection, $"{endpoint} can't be reached: {answer.FaultText}.",
            answer.FaultText?.StartsWith(HttpApi.NoTls, StringComparison.Ordinal) == true
                ? "Give the authority with -CertificateAuthority, check the host name, or use http:// where the server has no TLS."
                : "Check the address, that the server runs, and the way to it (proxy, firewall, VPN).") { Target = endpoint },
        ApiFault.Broken when answer.Status > 0 => Invalid(answer, what, "its answer was cut off before its end"),
        ApiFault.Broken => new("ConnectionFailed", JobErrorKind.Connection, $"The connection to {endpoint} broke ({what}): {answer.FaultText}.",
            Repeatable(answer)) { Target = endpoint },
        ApiFault.TimedOut => new("Timeout", JobErrorKind.Timeout, $"{endpoint} did not answer in time ({what}).", Repeatable(answer)) { Target = endpoint },
        ApiFault.TooLarge => Invalid(answer, what, answer.FaultText!),
        ApiFault.Redirected => new("InvalidResponse", JobErrorKind.Server,
            $"{endpoint} redirects to {answer.FaultText}: the request and its key were not sent there ({what}).",
            "If that is the right server, connect to its address.") { Target = endpoint },
        _ => FromStatus(answer, what),
    };

    /// <summary>The server's own words in an error answer, or null when there are none worth quoting.</summary>
    public string? Words(ApiAnswer answer)
    {
        if (answer.Json is { } json)
        {
            return Words(json) is { } words ? Clean(words) : null;
        }

        return answer.MediaType == "text/plain" && !answer.Body.IsEmpty ? Clean(Encoding.UTF8.GetString(answer.Body.Span)) : null;
    }

    /// <summary>A text of the server's, short, on one line, without control characters and without our secrets.</summary>
    public string Clean(string text)
    {
        foreach (var secret in secrets)
        {
            // A server that repeats a key may leave out what stands before it, such as Bearer.
            var plain = secret.Reveal();
            foreach (var part in new[] { plain, plain[(plain.LastIndexOf(' ') + 1)..] }.Where(static part => part.Length > 3))
            {
                text = text.Replace(part, secret.ToString(), StringComparison.Ordinal);
            }
        }

        var clean = new StringBuilder();
        foreach (var c in text.Length > LongestQuote ? text[..LongestQuote] + "…" : text)
        {
            clean.Append(char.IsControl(c) ? ' ' : c);
        }

        return clean.ToString().Trim();
    }

    /// <summary>The error for an answer that is not what the API promises.</summary>
    private JobServerException Invalid(ApiAnswer answer, string what, string problem) => new("InvalidResponse", JobErrorKind.Server,
        $"{endpoint} gave an answer that can't be used ({what}): {problem}.",
        (answer.MayHaveHappened ? Repeatable(answer) + " " : "")
        + "Check the address and the kind of server (-Api); a login page or a proxy in between may have answered instead.") { Target = endpoint };

    /// <summary>What is wrong with an answer that should be JSON.</summary>
    private static string Problem(ApiAnswer answer) => answer switch
    {
        { MediaType: "text/html" or "application/xhtml+xml" } => $"an HTML page (status {answer.Status}) instead of JSON",
        { IsJsonType: false } => $"{answer.MediaType} (status {answer.Status}) instead of JSON",
        { Body.IsEmpty: true } => $"an empty body (status {answer.Status}) instead of JSON",
        { Json: null } => $"text that is not JSON, or that was cut off (status {answer.Status}, {answer.Body.Length} bytes)",
        _ => $"JSON of another shape than this API's (status {answer.Status})",
    };

    private static string? Words(JsonElement json)
    {
        var error = json.Field("error");
        if (error is { ValueKind: JsonValueKind.Object } nested)
        {
            return Join(nested.Text("message", "title"), ApiJson.AsText(nested.Field("details")));
        }

        // Mcrit puts its message under data.
        var data = json.Field("data") is { ValueKind: JsonValueKind.Object } inner ? inner.Text("message") : null;
        return Join(ApiJson.AsText(error) ?? json.Text("title") ?? data, json.Text("message", "description"));
    }

    private static string? Join(string? first, string? second) => (first, second) switch
    {
        (null, _) => second,
        (_, null) => first,
        _ when first == second => first,
        _ => $"{first}: {second}",
    };

    private JobServerException FromStatus(ApiAnswer answer, string what)
    {
        var words = Words(answer);
        var said = words is null ? "" : $": {words}";
        switch (answer.Status)
        {
            case 401:
                return new("AccessDenied", JobErrorKind.Access, $"{endpoint} refuses the key or wants one ({what}){said}.",
                    "Give the key with -Credential or -Key, or what the host defines with -Header.") { Target = endpoint };
            case 403:
                return new("AccessDenied", JobErrorKind.Access, $"{endpoint} does not allow this ({what}){said}.",
                    "The key lacks the right for it, or the server is in read-only mode.") { Target = endpoint };
            case 407:
                return new("ConnectionFailed", JobErrorKind.Connection, $"The proxy on the way to {endpoint} wants a login.",
                    "Set HTTPS_PROXY with user and password, or NO_PROXY for this host.") { Target = endpoint };
            case 429:
                return new("RateLimited", JobErrorKind.Server, $"{endpoint} wants fewer requests ({what}){said}."
                    + (answer.Wait is { } wait ? $" It asks to wait {Math.Ceiling(wait.TotalSeconds):0} s." : ""),
                    "Try again later, or with a smaller -ThrottleLimit.") { Target = endpoint };
            case >= 200 and < 300:
            case 404 when answer.Json is null:
                return Invalid(answer, what, Problem(answer));
            default:
                return new("ServerError", JobErrorKind.Server, $"{endpoint} answered with status {answer.Status} ({what})"
                    + (words is null ? $", {Problem(answer)}." : $"{said}."),
                    answer.MayHaveHappened ? Repeatable(answer) : answer.Status switch
                    {
                        502 or 503 or 504 => "The server or a proxy before it is not ready: try again in a moment.",
                        >= 500 => "Its own log says why.",
                        _ => null,
                    }) { Target = endpoint };
        }
    }

    private static string Repeatable(ApiAnswer answer) => answer.Request.IsRead
        ? "The server may be busy or the network slow: try again, or connect with a longer -Timeout."
        : "Whether the change was made is not known: look before you try again.";
}
