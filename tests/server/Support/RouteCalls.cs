using JobAdmin.Server.Api;
using Microsoft.Extensions.DependencyInjection;

namespace JobAdmin.Server.Tests;

/// <summary>Requests for every route that is served, made from the same table.</summary>
internal static class RouteCalls
{
    public static IReadOnlyList<ApiRoute> Routes(this Served served) => served.Services.GetRequiredService<RouteTable>().Routes;

    /// <summary>A route's path for one queue and job.</summary>
    public static string PathFor(this ApiRoute route, string queue, string id)
    {
        var path = route.Path.Replace("{name}", queue).Replace("{id}", id);
        var query = route.Parameters.Where(p => p.In == "query").Select(p => p.Name switch
        {
            "queue" => $"queue={queue}",
            "q" => $"q={id}",
            _ => null,
        }).OfType<string>();
        return path + (query.Any() ? "?" + string.Join('&', query) : "");
    }

    /// <summary>A body that the route takes.</summary>
    public static string? BodyFor(this ApiRoute route, string id) => route.Body switch
    {
        null => null,
        "CleanBody" or "RetryBody" => """{"state":"failed"}""",
        "EditBody" => """{"data":{"changed":true}}""",
        "NewJob" => """{"name":"added"}""",
        "IdsBody" => $$"""{"ids":["{{id}}"]}""",
        "BulkBody" => $$"""{"action":"retry","ids":["{{id}}"]}""",
        _ => "{}",
    };
}
