using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Testing;

namespace Osism.Tests.Hosting;

/// <summary>The mapped routes, <c>/openapi/v1.json</c> and <c>docs/handbook/api.md</c> say the same.</summary>
public sealed partial class ApiDocumentationTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly Manager _manager = fixture.Manager;

    [Fact]
    public async Task Every_route_is_described_with_an_id_of_its_own_an_answer_and_a_problem()
    {
        using var document = await DocumentAsync();
        Assert.StartsWith("3.1.", document.RootElement.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var described = Operations(document).ToList();

        Assert.Equal(Mapped(), described.Select(operation => $"{operation.Method} {operation.Path}").Order(StringComparer.Ordinal));
        Assert.Distinct(described.Select(operation => operation.Body.GetProperty("operationId").GetString()));
        foreach (var (method, path, operation) in described)
        {
            var answers = operation.GetProperty("responses").EnumerateObject().ToDictionary(answer => answer.Name, answer => answer.Value, StringComparer.Ordinal);
            Assert.True(answers.ContainsKey("default"), $"{method} {path} has no problem");
            Assert.Equal("#/components/schemas/ProblemInfo", SchemaOf(answers["default"], "application/problem+json").GetProperty("$ref").GetString());
            var good = answers.Where(answer => answer.Key.StartsWith('2')).ToList();
            Assert.NotEmpty(good);
            Assert.All(good, answer => Assert.True(answer.Key == "204" || (answer.Value.TryGetProperty("content", out var content) && content.EnumerateObject().Any() && content.EnumerateObject().All(type => type.Value.TryGetProperty("schema", out _))), $"{method} {path} has no answer"));
            Assert.False(string.IsNullOrEmpty(operation.GetProperty("summary").GetString()));
            foreach (var name in Parameter().Matches(path).Select(match => match.Groups[1].Value))
            {
                Assert.Contains(operation.GetProperty("parameters").EnumerateArray(), parameter => parameter.GetProperty("name").GetString() == name);
            }
        }

        Assert.Equal("#/components/schemas/SubmitJob", SchemaOf(
            described.Single(operation => operation is { Method: "POST", Path: "/v1/jobs" }).Body.GetProperty("requestBody"), "application/json").GetProperty("$ref").GetString());
    }

    [Fact]
    public async Task Every_reference_in_it_leads_somewhere()
    {
        using var document = await DocumentAsync();

        foreach (var reference in Reference().Matches(document.RootElement.GetRawText()).Select(match => match.Groups[1].Value).Distinct(StringComparer.Ordinal))
        {
            var at = document.RootElement;
            Assert.All(reference.Split('/'), word => Assert.True(at.ValueKind == JsonValueKind.Object && at.TryGetProperty(word, out at), $"{reference} is not there"));
        }
    }

    [Theory]
    [InlineData("/v1/jobs")]
    [InlineData("/v1/jobs/{id}")]
    [InlineData("/v1/jobs/{id}/history")]
    [InlineData("/v1/roles")]
    [InlineData("/v1/workers")]
    [InlineData("/v1/status")]
    [InlineData("/v1/vault")]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    public async Task What_is_answered_is_what_is_described(string path)
    {
        var job = await _manager.SubmitAsync(new SubmitJob { Role = "ping" });
        using var document = await DocumentAsync();
        var schema = SchemaOf(Operations(document).Single(operation => operation.Method == "GET" && operation.Path == path).Body.GetProperty("responses").GetProperty("200"), "application/json");

        using var answer = JsonDocument.Parse(await _manager.Http.GetStringAsync(path.Replace("{id}", $"{job.Id}", StringComparison.Ordinal), _token));

        Check(document, schema, answer.RootElement, path);
    }

    [Fact]
    public async Task It_is_made_once()
    {
        var first = await _manager.Http.GetByteArrayAsync(ApiRoutes.OpenApi, _token);

        Assert.Equal(first, await _manager.Http.GetByteArrayAsync(ApiRoutes.OpenApi, _token));
    }

    [Fact]
    public async Task The_handbook_has_every_route_with_its_parameters()
    {
        using var document = await DocumentAsync();
        var page = await File.ReadAllTextAsync(Checkout.PathOf("docs", "handbook", "api.md"), _token);
        var written = Row().Matches(page).ToDictionary(
            row => $"{row.Groups["method"].Value} {row.Groups["path"].Value}",
            row => string.Join(' ', Query().Matches(row.Groups["query"].Value).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal)), StringComparer.Ordinal);

        Assert.Equal(Mapped(), written.Keys.Order(StringComparer.Ordinal));
        foreach (var (method, path, operation) in Operations(document))
        {
            var parameters = operation.TryGetProperty("parameters", out var all) ? all.EnumerateArray().Where(parameter => parameter.GetProperty("in").GetString() == "query") : [];
            Assert.Equal(
                $"{method} {path}: {string.Join(' ', parameters.Select(parameter => parameter.GetProperty("name").GetString()).Order(StringComparer.Ordinal))}",
                $"{method} {path}: {written[$"{method} {path}"]}");
        }
    }

    private async Task<JsonDocument> DocumentAsync() => JsonDocument.Parse(await _manager.Http.GetByteArrayAsync(ApiRoutes.OpenApi, _token));

    /// <summary>Method and path of every endpoint of the running manager, but those of foreign protocols, which are described elsewhere.</summary>
    private IEnumerable<string> Mapped() =>
        ((IEndpointRouteBuilder)_manager.App).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        .Where(endpoint => endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null)
        .SelectMany(endpoint => endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods
            .Select(method => $"{method} {Constraint().Replace(endpoint.RoutePattern.RawText!.TrimEnd('/'), "}")}"))
        .Order(StringComparer.Ordinal);

    private static IEnumerable<(string Method, string Path, JsonElement Body)> Operations(JsonDocument document) =>
        from path in document.RootElement.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select (operation.Name.ToUpperInvariant(), path.Name.TrimEnd('/'), operation.Value);

    private static JsonElement SchemaOf(JsonElement body, string type) => body.GetProperty("content").GetProperty(type).GetProperty("schema");

    /// <summary>Every property that is there is described, and every one that must be there is.</summary>
    private static void Check(JsonDocument document, JsonElement schema, JsonElement value, string at)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            Check(document, document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]), value, at);
        }
        else if (schema.TryGetProperty("oneOf", out var either))
        {
            Assert.Contains(either.EnumerateArray(), one => one.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == "null");
            if (value.ValueKind != JsonValueKind.Null)
            {
                Check(document, either.EnumerateArray().Single(one => one.TryGetProperty("$ref", out _)), value, at);
            }
        }
        else if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out var properties))
        {
            foreach (var property in value.EnumerateObject())
            {
                Assert.True(properties.TryGetProperty(property.Name, out var inner), $"{at}.{property.Name} is not described");
                Check(document, inner, property.Value, $"{at}.{property.Name}");
            }

            foreach (var name in schema.TryGetProperty("required", out var required) ? required.EnumerateArray().Select(name => name.GetString()!) : [])
            {
                Assert.True(value.TryGetProperty(name, out _), $"{at}.{name} is missing");
            }
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
            {
                Check(document, schema.GetProperty("items"), item, $"{at}[]");
            }
        }
        else if (schema.TryGetProperty("type", out var type))
        {
            var wanted = type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(one => one.GetString()).ToList() : [type.GetString()];
            var isOne = value.ValueKind switch
            {
                JsonValueKind.Null => wanted.Contains("null"),
                JsonValueKind.String => wanted.Contains("string"),
                JsonValueKind.Number => wanted.Contains("integer") || wanted.Contains("number"),
                JsonValueKind.True or JsonValueKind.False => wanted.Contains("boolean"),
                _ => wanted.Contains("object"),
            };
            Assert.True(isOne, $"{at} is {value.GetRawText()}, described as {type.GetRawText()}");
        }
    }

    [GeneratedRegex(@"\{([a-z_]+)\}")]
    private static partial Regex Parameter();

    [GeneratedRegex(@":[a-z]+\}")]
    private static partial Regex Constraint();

    [GeneratedRegex("\"\\$ref\":\\s*\"#/([^\"]+)\"")]
    private static partial Regex Reference();

    [GeneratedRegex(@"^\| `(?<method>[A-Z]+) (?<path>/[^`?]*)(?:\?(?<query>[^`]*))?` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"([a-z_]+)=")]
    private static partial Regex Query();
}
