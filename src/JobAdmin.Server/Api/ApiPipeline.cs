using System.Diagnostics;
using System.Net;
using System.Text;
using JobAdmin.Server.Hosting;
using JobAdmin.Server.Observing;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Api;

/// <summary>What every request goes through before its handler, and what becomes of every fault behind it.</summary>
internal sealed class ApiPipeline(ServerOptions options, KeyRing keys, CallerLimits limits, RedisGateway gateway, AuditLog audit, ServerMetrics metrics, ILogger<ApiPipeline> log)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Runs a route.</summary>
    public async Task RunAsync(HttpContext http, ApiRoute route)
    {
        var started = Stopwatch.GetTimestamp();
        ApiCall? call = null;
        ApiFault? fault = null;
        try
        {
            var key = route.Role == AccessRole.None ? AccessKey.Local with { Role = AccessRole.None } : Authenticate(http);
            call = new ApiCall(http, route, key, new QueueScope(gateway, options.Queues.And(key.Queues)), PathValues(http, route));
            if (route.Role != AccessRole.None)
            {
                Admit(call);
            }

            if (route.Changes)
            {
                call.AuditQueue ??= http.Request.Query["queue"].ToString() is { Length: > 0 } named ? named : AdminApi.Unnamed;
                audit.Begin(call);
            }

            await route.Handler(call).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            fault = Fault(e, http);
            if (fault is not null)
            {
                await AnswerAsync(http, route.IsAdmin, fault).ConfigureAwait(false);
            }
        }
        finally
        {
            var time = Stopwatch.GetElapsedTime(started);
            var status = fault?.Status ?? (http.RequestAborted.IsCancellationRequested && !http.Response.HasStarted ? 499 : http.Response.StatusCode);
            if (route.AnswerType != "text/event-stream")
            {
                metrics.Count(route.Method, route.Path, status, time);
            }

            if (route.Changes && call is not null)
            {
                audit.End(call, status, fault, time);
            }
        }
    }

    /// <summary>Answers with a fault in the shape of the page that the route is of.</summary>
    public static async Task AnswerAsync(HttpContext http, bool isAdmin, ApiFault fault)
    {
        if (http.Response.HasStarted)
        {
            // Half an answer must not look whole.
            http.Abort();
            return;
        }

        // What a handler had set for its own answer goes; what RequestChecks set is for every answer.
        var kept = RequestChecks.ForAll.Select(name => (Name: name, Value: http.Response.Headers[name])).ToList();
        http.Response.Clear();
        kept.ForEach(header => http.Response.Headers[header.Name] = header.Value);

        if (fault.RetryAfter > 0)
        {
            http.Response.Headers.RetryAfter = fault.RetryAfter.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (fault.Status == 401)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
        }

        await ApiCall.SendAsync(http, writer =>
        {
            writer.WriteStartObject();
            if (isAdmin)
            {
                writer.WriteString("error", fault.Message);
                if (fault.Detail is not null)
                {
                    writer.WriteString("message", fault.Detail);
                }
            }
            else
            {
                writer.WriteStartObject("error");
                writer.WriteString("code", fault.Code);
                writer.WriteString("message", fault.Message);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }, fault.Status).ConfigureAwait(false);
    }

    private ApiFault? Fault(Exception exception, HttpContext http)
    {
        switch (exception)
        {
            case ApiFault fault:
                return fault;
            case JobServerException e:
                gateway.Report(e);
                var known = ApiFault.From(e);
                if (known.Status >= 500)
                {
                    log.LogWarning("{Id}: {Reason}", e.ErrorId, e.Message);
                }

                return known;
            case OperationCanceledException when http.RequestAborted.IsCancellationRequested:
                return null;
            case BadHttpRequestException e:
                return new ApiFault(e.StatusCode, e.StatusCode == 413 ? "PAYLOAD_TOO_LARGE" : "BAD_REQUEST",
                    e.StatusCode == 413 ? $"The body is larger than {options.MaxBody} bytes" : "The request can't be read");
            case IOException when http.RequestAborted.IsCancellationRequested:
                return null;
            default:
                log.LogError(exception, "A request failed in a way that was not foreseen");
                return new ApiFault(500, "INTERNAL", "The server failed; its log has it");
        }
    }

    private AccessKey Authenticate(HttpContext http)
    {
        if (keys.IsEmpty)
        {
            return http.Connection.LocalIpAddress is { } address && IPAddress.IsLoopback(Plain(address)) ? AccessKey.Local : throw Unauthorized(http);
        }

        var from = http.Connection.RemoteIpAddress is { } remote ? Plain(remote).ToString() : "unix";
        if (Presented(http.Request) is not { Length: > 0 and <= 1024 } presented)
        {
            throw Unauthorized(http);
        }

        var key = keys.Find(presented);
        limits.CountTry(from, key);
        if (key is not null)
        {
            return key;
        }

        log.LogWarning("A wrong key from {Address}", from);
        throw Unauthorized(http);
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static ApiFault Unauthorized(HttpContext http) => new(401, "UNAUTHORIZED",
        http.Request.Path.StartsWithSegments("/api/admin") ? "Unauthorized" : "Authentication required");

    private static string? Presented(HttpRequest request)
    {
        if (request.Headers["X-Admin-Key"] is [{ Length: > 0 } key])
        {
            return key;
        }

        if (request.Headers.Authorization is not [{ Length: > 0 } words])
        {
            return null;
        }

        if (words.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return words[7..].Trim();
        }

        // A user's name says nothing here: the key tells who it is.
        var bytes = new byte[words.Length];
        return words.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) && Convert.TryFromBase64String(words[6..].Trim(), bytes, out var length)
            && Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is [_, var password] ? password : null;
    }

    private void Admit(ApiCall call)
    {
        limits.Count(call.Key);
        if (!options.Enabled && call.Route.NeedsQueues)
        {
            throw new ApiFault(503, "UNAVAILABLE", "Job queue not enabled") { Detail = "Set USE_JOB_QUEUE=true to enable job queues" };
        }

        if (call.Route.Changes && options.ReadOnly)
        {
            throw ApiFault.Forbidden("The server is in read-only mode");
        }

        if (call.Key.Role < call.Route.Role)
        {
            throw ApiFault.Forbidden($"This key may not do that: its role is {call.Key.Role.ToString().ToLowerInvariant()}, and {call.Route.Role.ToString().ToLowerInvariant()} is needed");
        }
    }

    /// <summary>The names in the path, from the request as it came: routing leaves an escaped slash escaped, and an escaped percent sign not.</summary>
    private static Dictionary<string, string> PathValues(HttpContext http, ApiRoute route)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!route.Path.Contains('{'))
        {
            return values;
        }

        var wanted = route.Path.Split('/');
        var given = RequestChecks.RawPath(http).Split('/');
        for (var i = 0; i < wanted.Length; i++)
        {
            if (wanted[i].StartsWith('{'))
            {
                values[wanted[i].Trim('{', '}')] = i < given.Length ? Unescape(given[i]) : "";
            }
        }

        return values;
    }

    private static string Unescape(string segment)
    {
        var bytes = new List<byte>(segment.Length);
        for (var i = 0; i < segment.Length; i++)
        {
            if (segment[i] != '%')
            {
                bytes.Add(segment[i] < 128 ? (byte)segment[i] : throw ApiFault.Bad("The path is not escaped"));
            }
            else if (i + 2 < segment.Length && char.IsAsciiHexDigit(segment[i + 1]) && char.IsAsciiHexDigit(segment[i + 2]))
            {
                bytes.Add(Convert.ToByte(segment.Substring(i + 1, 2), 16));
                i += 2;
            }
            else
            {
                throw ApiFault.Bad("The path has a broken escape");
            }
        }

        try
        {
            return Strict.GetString(bytes.ToArray());
        }
        catch (ArgumentException)
        {
            throw ApiFault.Bad("The path is no UTF-8");
        }
    }
}
