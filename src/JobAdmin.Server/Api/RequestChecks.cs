using System.Net;
using JobAdmin.Server.Hosting;
using JobAdmin.Server.Security;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace JobAdmin.Server.Api;

/// <summary>What is refused before a route is looked for: path tricks, and web pages of other origins.</summary>
internal sealed class RequestChecks(ServerOptions options, KeyRing keys)
{
    private const int PathAtMost = 4096;

    /// <summary>The headers that every answer has, also one that tells of a fault: without those of CORS a browser would not let its page read what is wrong. Routing's Allow stays beside them.</summary>
    public static readonly string[] ForAll =
        [HeaderNames.XContentTypeOptions, HeaderNames.CacheControl, HeaderNames.AccessControlAllowOrigin, HeaderNames.Vary, HeaderNames.Allow];

    /// <summary>The path as it was sent.</summary>
    public static string RawPath(HttpContext http)
    {
        var target = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var end = target.AsSpan().IndexOfAny('?', '#');
        var path = end < 0 ? target : target[..end];
        // A proxy may send the whole address.
        var scheme = path.IndexOf("://", StringComparison.Ordinal);
        return scheme > 0 && path.IndexOf('/', scheme + 3) is var slash and > 0 ? path[slash..] : path;
    }

    /// <summary>Looks at a request, and answers what has to be answered at once.</summary>
    public async Task RunAsync(HttpContext http, RequestDelegate next)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        var isAdmin = RawPath(http).StartsWith("/api/admin", StringComparison.OrdinalIgnoreCase);
        if (PathFault(http) is { } fault)
        {
            await ApiPipeline.AnswerAsync(http, isAdmin, fault).ConfigureAwait(false);
            return;
        }

        if (http.Request.Headers.Origin is [{ Length: > 0 } origin] && !IsOwn(http, origin))
        {
            if (!options.Origins.Contains(origin, StringComparer.OrdinalIgnoreCase))
            {
                await ApiPipeline.AnswerAsync(http, isAdmin, ApiFault.Forbidden("Requests from web pages of other origins are not served")).ConfigureAwait(false);
                return;
            }

            headers.AccessControlAllowOrigin = origin;
            headers.Vary = "Origin";
            if (HttpMethods.IsOptions(http.Request.Method))
            {
                headers.AccessControlAllowMethods = "GET, POST, PATCH, DELETE";
                headers.AccessControlAllowHeaders = "authorization, x-admin-key, content-type, last-event-id";
                headers.AccessControlMaxAge = "600";
                http.Response.StatusCode = 204;
                return;
            }
        }

        await next(http).ConfigureAwait(false);
        if (http.Response is { HasStarted: false, ContentLength: null } && http.Response.StatusCode is var status and >= 400)
        {
            var unread = status switch
            {
                404 => new ApiFault(404, "NOT_FOUND", "There is no such path"),
                405 => new ApiFault(405, "METHOD_NOT_ALLOWED", "The path has no such method"),
                _ => new ApiFault(status, "BAD_REQUEST", "The request can't be served"),
            };
            await ApiPipeline.AnswerAsync(http, isAdmin, unread).ConfigureAwait(false);
        }
    }

    private ApiFault? PathFault(HttpContext http)
    {
        var raw = RawPath(http);
        if (raw.Length > PathAtMost)
        {
            return new ApiFault(414, "BAD_REQUEST", "The path is too long");
        }

        foreach (var segment in raw.Split('/').Skip(1))
        {
            // What the framework would fold away, or what a proxy may take for something else.
            if (segment.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) is "." or ".." || segment.Contains('\\') || segment.Contains("%00", StringComparison.Ordinal))
            {
                return ApiFault.Bad("The path has segments that mean another path");
            }
        }

        // Without a key a name that leads here by accident of DNS must not open the door to a web page.
        return keys.IsEmpty && !IsLoopback(http.Request.Host.Host) ? ApiFault.Forbidden("Without a key the server answers under a name of loopback alone") : null;
    }

    private static bool IsOwn(HttpContext http, string origin) => string.Equals(origin, $"{http.Request.Scheme}://{http.Request.Host}", StringComparison.OrdinalIgnoreCase);

    private static bool IsLoopback(string host) => host is "localhost" or "" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
