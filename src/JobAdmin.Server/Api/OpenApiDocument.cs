using System.Text.Json;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Api;

/// <summary>The description of the API in OpenAPI 3.1, made from the routes that are served.</summary>
internal sealed class OpenApiDocument(IServiceProvider services)
{
    private static readonly (int Status, string Meaning)[] Faults =
    [
        (400, "The request can't be understood, or the job's state does not allow it"), (401, "The key is missing or wrong"), (403, "The key may not do this"),
        (404, "There is no such queue or job"), (429, "Too many requests"), (503, "Redis is away; Retry-After says when to come again"),
    ];

    /// <summary>Writes it.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("openapi", "3.1.0");
        writer.WriteStartObject("info");
        writer.WriteString("title", "JobAdmin server");
        writer.WriteString("version", typeof(OpenApiDocument).Assembly.GetName().Version?.ToString(3));
        writer.WriteString("description", "Administers BullMQ queues. /api/admin has one error shape, all else another: see the schemas AdminError and Error.");
        writer.WriteEndObject();
        writer.WriteStartObject("paths");
        foreach (var path in services.GetRequiredService<RouteTable>().Routes.GroupBy(static route => route.Path))
        {
            writer.WriteStartObject(path.Key);
            foreach (var route in path)
            {
                WriteOperation(writer, route);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteStartObject("components");
        writer.WriteStartObject("securitySchemes");
        writer.WritePropertyName("adminKey");
        writer.WriteRawValue("""{"type":"apiKey","in":"header","name":"X-Admin-Key"}""");
        writer.WritePropertyName("bearer");
        writer.WriteRawValue("""{"type":"http","scheme":"bearer"}""");
        writer.WriteEndObject();
        writer.WriteStartObject("schemas");
        foreach (var (name, schema) in OpenApiSchemas.All)
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(schema);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteOperation(Utf8JsonWriter writer, ApiRoute route)
    {
        writer.WriteStartObject(route.Method.ToLowerInvariant());
        writer.WriteString("operationId", Name(route));
        writer.WriteString("summary", route.Summary);
        writer.WriteStartArray("tags");
        writer.WriteStringValue(route.Tag);
        writer.WriteEndArray();
        writer.WriteString("x-role", route.Role == AccessRole.None ? "none" : route.Role.ToString().ToLowerInvariant());
        writer.WriteStartArray("security");
        if (route.Role != AccessRole.None)
        {
            writer.WriteRawValue("""{"adminKey":[]}""");
            writer.WriteRawValue("""{"bearer":[]}""");
        }

        writer.WriteEndArray();
        WriteParameters(writer, route);
        if (route.Body is { } body)
        {
            writer.WriteStartObject("requestBody");
            writer.WriteBoolean("required", !route.BodyOptional);
            WriteContent(writer, "application/json", body);
            writer.WriteEndObject();
        }

        writer.WriteStartObject("responses");
        writer.WriteStartObject(route.Success.ToString(System.Globalization.CultureInfo.InvariantCulture));
        writer.WriteString("description", "Done");
        WriteContent(writer, route.AnswerType, route.Answer);
        writer.WriteEndObject();
        foreach (var (status, meaning) in route.Role == AccessRole.None ? Faults.Where(static fault => fault.Status == 503) : Faults)
        {
            writer.WriteStartObject(status.ToString(System.Globalization.CultureInfo.InvariantCulture));
            writer.WriteString("description", meaning);
            WriteContent(writer, "application/json", route.Path == "/readyz" ? "Health" : route.IsAdmin ? "AdminError" : "Error");
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteParameters(Utf8JsonWriter writer, ApiRoute route)
    {
        writer.WriteStartArray("parameters");
        foreach (var segment in route.Path.Split('/').Where(static segment => segment.StartsWith('{')))
        {
            WriteParameter(writer, new ApiParameter(segment.Trim('{', '}'), "string", segment == "{id}" ? "The job's id" : "The queue's name") { In = "path", Required = true });
        }

        foreach (var parameter in route.Parameters)
        {
            WriteParameter(writer, parameter);
        }

        writer.WriteEndArray();
    }

    private static void WriteParameter(Utf8JsonWriter writer, ApiParameter parameter)
    {
        writer.WriteStartObject();
        writer.WriteString("name", parameter.Name);
        writer.WriteString("in", parameter.In);
        writer.WriteString("description", parameter.Description);
        writer.WriteBoolean("required", parameter.Required);
        writer.WriteStartObject("schema");
        writer.WriteString("type", parameter.Type);
        if (parameter.Default is not null)
        {
            writer.WritePropertyName("default");
            JsonSerializer.Serialize(writer, parameter.Default);
        }

        if (parameter.Words is not null)
        {
            writer.WritePropertyName("enum");
            JsonSerializer.Serialize(writer, parameter.Words);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter writer, string type, string? schema)
    {
        writer.WriteStartObject("content");
        writer.WriteStartObject(type);
        writer.WriteStartObject("schema");
        if (schema is null)
        {
            writer.WriteString("type", "string");
        }
        else
        {
            writer.WriteString("$ref", $"#/components/schemas/{schema}");
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string Name(ApiRoute route) => route.Method.ToLowerInvariant()
        + string.Concat(route.Path.Split('/', '.').Where(static part => part.Length > 0).Select(static part => char.ToUpperInvariant(part.Trim('{')[0]) + part.Trim('{', '}')[1..]));
}
