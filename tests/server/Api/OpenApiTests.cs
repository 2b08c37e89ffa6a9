using System.Text.Json;
using JobAdmin.Client.Tests;

namespace JobAdmin.Server.Tests;

/// <summary>The description says what is served, and what is served is as described.</summary>
public sealed class OpenApiTests(Bench bench) : ServerTest(bench)
{
    [Fact]
    public async Task It_describes_exactly_the_routes()
    {
        await using var lab = Bench.Lab();
        await using var served = await Served.StartAsync(lab);
        var document = (await served.SendAsync("GET", "/openapi.json", null)).Json;
        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString());
        var described = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"));
        Assert.Equal(served.Routes().Select(route => $"{route.Method} {route.Path}").Order(), described.Order());
        var names = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).Select(operation => operation.Value.GetProperty("operationId").GetString()).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
        var schemas = document.GetProperty("components").GetProperty("schemas");
        Assert.All(References(document), reference => Assert.True(schemas.TryGetProperty(reference.Split('/')[^1], out _), reference));
        Assert.Empty(schemas.EnumerateObject().Select(s => s.Name).Except(References(document).Select(r => r.Split('/')[^1])));
    }

    [Fact]
    public async Task Answers_are_as_described()
    {
        await using var lab = Bench.Lab();
        await lab.DoAsync("seed", new { failed = 1, completed = 1, active = 1, waiting = 1, delayed = 1 });
        var id = (await lab.IdsAsync("failed")).Single();
        await lab.DoAsync("add", new { queue = "metered" });
        await lab.DoAsync("work", new { queue = "metered", behave = new { @do = "ok" }, opts = new { metrics = new { maxDataPoints = 10 } } });
        await lab.DoAsync("startWorker", new { queue = "idle" });
        await using var served = await Served.StartAsync(lab);
        var document = (await served.SendAsync("GET", "/openapi.json", null)).Json;
        foreach (var route in served.Routes().Where(route => route is { AnswerType: "application/json" } && (!route.Changes || route.Success == 201 || route.Path.EndsWith("/retry", StringComparison.Ordinal))))
        {
            var path = route.PathFor(route.Path.EndsWith("/metrics", StringComparison.Ordinal) ? "metered" : "emails", id);
            var answer = await served.SendAsync(route.Method, path.Replace("queue=emails&q", "q"), Served.Admin, route.BodyFor(id));
            var operation = document.GetProperty("paths").GetProperty(route.Path).GetProperty(route.Method.ToLowerInvariant());
            Assert.True(operation.GetProperty("responses").TryGetProperty($"{(int)answer.Status}", out var response), $"{route.Method} {path}: {answer.Status} {answer.Text}");
            Check(document, response.GetProperty("content").GetProperty("application/json").GetProperty("schema"), answer.Json, $"{route.Method} {path}");
        }

        await lab.DoAsync("stopWorker", new { queue = "idle" });
        foreach (var (path, key) in new[] { ("/api/queues/nope", Served.Admin), ("/api/admin/jobs?queue=nope", Served.Admin), ("/api/queues", "wrong"), ("/api/admin/jobs", "wrong") })
        {
            Check(document, document.GetProperty("components").GetProperty("schemas").GetProperty(path.Contains("admin", StringComparison.Ordinal) ? "AdminError" : "Error"), (await served.SendAsync("GET", path, key)).Json, path);
        }
    }

    private static IEnumerable<string> References(JsonElement at) => at.ValueKind switch
    {
        JsonValueKind.Object => at.EnumerateObject().SelectMany(p => p.Name == "$ref" ? [p.Value.GetString()!] : References(p.Value)),
        JsonValueKind.Array => at.EnumerateArray().SelectMany(References),
        _ => [],
    };

    /// <summary>As much of JSON Schema as the description uses.</summary>
    private static void Check(JsonElement document, JsonElement schema, JsonElement value, string path)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            schema = document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
        }

        if (schema.TryGetProperty("oneOf", out var choices))
        {
            Assert.Contains(choices.EnumerateArray(), choice => Fits(document, choice, value, path));
            return;
        }

        if (schema.TryGetProperty("type", out var type))
        {
            var types = type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(t => t.GetString()) : [type.GetString()];
            Assert.True(types.Contains(TypeOf(value)), $"{path}: {value.GetRawText()} is no {type.GetRawText()}");
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var name in schema.TryGetProperty("required", out var required) ? required.EnumerateArray() : default)
            {
                Assert.True(value.TryGetProperty(name.GetString()!, out _), $"{path}.{name} is missing");
            }

            foreach (var property in value.EnumerateObject())
            {
                if (schema.TryGetProperty("properties", out var properties))
                {
                    Assert.True(properties.TryGetProperty(property.Name, out var of), $"{path}.{property.Name} is not described");
                    Check(document, of, property.Value, $"{path}.{property.Name}");
                }
                else if (schema.TryGetProperty("additionalProperties", out var any))
                {
                    Check(document, any, property.Value, $"{path}.{property.Name}");
                }
            }
        }

        foreach (var item in value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items) ? value.EnumerateArray() : default)
        {
            Check(document, schema.GetProperty("items"), item, path + "[]");
        }
    }

    private static bool Fits(JsonElement document, JsonElement schema, JsonElement value, string path)
    {
        try
        {
            Check(document, schema, value, path);
            return true;
        }
        catch (Xunit.Sdk.XunitException)
        {
            return false;
        }
    }

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "integer",
        JsonValueKind.Null => "null",
        _ => "boolean",
    };
}
