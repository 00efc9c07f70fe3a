using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Osism.Testing;
using Osism.Tests.Hosting;

namespace Osism.Tests.Ara;

/// <summary>The same playbook recorded by the same callback here and by ARA's own server: object by object the same.</summary>
public sealed partial class AraPeerTests : IAsyncLifetime
{
    /// <summary>What differs from run to run in what modules say.</summary>
    private static readonly string[] Volatile = ["start", "end", "delta", "ansible_facts", "dest", "src", "path", "backup_file", "checksum", "md5sum", "atime", "ctime", "mtime", "inode", "_original_basename", "id", "playbook", "created", "updated"];

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _folder = new();
    private Manager _manager = null!;

    public async ValueTask InitializeAsync()
    {
        _manager = await Manager.StartAsync();
        await AraSite.WriteAsync(_folder, _token);
    }

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _manager.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public async Task Ours_and_theirs_are_the_same(int threads)
    {
        using var peer = await AraServer.StartAsync(_token);
        using var theirs = new AraClient(peer.Address);
        using var ours = await AraClient.OfAsync(_manager);
        var password = (await _manager.BearerAsync()).Parameter!;
        string[] arguments = ["-i", "hosts", "site.yml"];

        // ARA's own server loses calls with threads: it is asked without.
        var there = await AraRun.Play(peer.Address, null, 0, _folder.Path, arguments).RunAsync(_token);
        Clean();
        var here = await AraRun.Play(ours.Server, password, threads, _folder.Path, arguments).RunAsync(_token);

        Assert.Equal(there.ExitCode, here.ExitCode);
        AraCallbackTests.AssertUndisturbed(here);
        var (expected, actual) = (await GraphAsync(theirs, null), await GraphAsync(ours, theirs));
        Assert.Equal(expected.Keys, actual.Keys);
        foreach (var (key, objects) in expected)
        {
            Assert.Equal($"{key}\n{string.Join('\n', objects)}", $"{key}\n{string.Join('\n', actual[key])}");
        }
    }

    private void Clean()
    {
        foreach (var file in Directory.EnumerateFiles(_folder.Path, "written-*"))
        {
            File.Delete(file);
        }
    }

    /// <summary>Everything there is by kind, without numbers and times, in an order that does not depend on them.</summary>
    /// <param name="client">Whose.</param>
    /// <param name="shape">A server whose fields are to be there at least; others are left away.</param>
    private static async Task<SortedDictionary<string, List<string>>> GraphAsync(AraClient client, AraClient? shape)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var kind in new[] { "playbooks", "plays", "tasks", "hosts", "files" })
        {
            foreach (var item in (await client.GetAsync($"{kind}?limit=1000")).GetProperty("results").EnumerateArray())
            {
                names[$"{kind[..^1]} {item.GetProperty("id")}"] = item.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : item.GetProperty("path").GetString()!;
            }
        }

        var graph = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var kind in new[] { "labels", "playbooks", "plays", "tasks", "hosts", "results", "files", "records", "latesthosts" })
        {
            var model = shape is null ? null : (await shape.GetAsync($"{kind}?limit=1")).GetProperty("results").EnumerateArray().Select(item => (JsonElement?)item).FirstOrDefault();
            var (rows, details) = (new List<string>(), new List<string>());
            foreach (var row in (await client.GetAsync($"{kind}?limit=1000")).GetProperty("results").EnumerateArray())
            {
                var id = kind == "latesthosts" ? row.GetProperty("name").GetString()! : row.GetProperty("id").GetRawText();
                rows.Add(Normal(row, model, names));
                var detail = await client.GetAsync($"{kind}/{id}");
                var likeDetail = model is { } one ? await shape!.GetAsync($"{kind}/{(kind == "latesthosts" ? one.GetProperty("name").GetString() : one.GetProperty("id").GetRawText())}") : (JsonElement?)null;
                details.Add(Normal(detail, likeDetail, names));
            }

            graph[$"{kind} in lists"] = [.. rows.Order(StringComparer.Ordinal)];
            graph[$"{kind} alone"] = [.. details.Order(StringComparer.Ordinal)];
        }

        return graph;
    }

    private static string Normal(JsonElement value, JsonElement? model, Dictionary<string, string> names) =>
        Normal(JsonNode.Parse(value.GetRawText()), model, names, "")?.ToJsonString() ?? "null";

    private static JsonNode? Normal(JsonNode? node, JsonElement? model, Dictionary<string, string> names, string name)
    {
        switch (node)
        {
            case JsonObject entry:
                var result = new JsonObject();
                var isBody = name is "content" or "facts" or "value" or "arguments";
                foreach (var (key, value) in entry.OrderBy(property => property.Key, StringComparer.Ordinal))
                {
                    // Newer fields than those of 1.5.8 are not compared; its own must be there.
                    JsonElement below = default;
                    if (!isBody && model is { ValueKind: JsonValueKind.Object } fields && !fields.TryGetProperty(key, out below))
                    {
                        continue;
                    }

                    result[key] = isBody ? Body(value, key, name) : Field(value, below.ValueKind == JsonValueKind.Undefined ? null : below, names, key);
                }

                return result;
            case JsonArray list:
                return new JsonArray([.. list.Select(item => name is "delegated_to" && item is JsonValue ? names[$"host {item.ToJsonString()}"] : Normal(item, First(model), names, name)).OrderBy(item => item?.ToJsonString() ?? "", StringComparer.Ordinal)]);
            default:
                return node?.DeepClone();
        }
    }

    private static JsonElement? First(JsonElement? model) => model is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0 ? list[0] : null;

    private static JsonNode? Field(JsonNode? value, JsonElement? model, Dictionary<string, string> names, string key) => key switch
    {
        "id" => null,
        "created" or "updated" or "started" or "ended" => value is null ? null : value.ToString().Length == 27 ? "time" : value.ToString(),
        "duration" => value is null ? null : "duration",
        "uuid" => value?.ToString().Length,
        "playbook" or "play" or "task" or "host" or "file" when value is JsonValue => names[$"{key} {value.ToJsonString()}"],
        _ => Normal(value, model, names, key),
    };

    private static JsonNode? Body(JsonNode? value, string key, string body)
    {
        // Facts are those of the moment: that they are there is what counts.
        if (body == "facts" || Volatile.Contains(key, StringComparer.Ordinal))
        {
            return value is null ? null : "present";
        }

        return value switch
        {
            JsonObject entry => new JsonObject(entry.OrderBy(property => property.Key, StringComparer.Ordinal).Select(property => KeyValuePair.Create(property.Key, Body(property.Value, property.Key, body)))),
            JsonArray list => new JsonArray([.. list.Select(item => Body(item, "", body))]),
            JsonValue one when one.TryGetValue<string>(out var text) => TemporaryFile().Replace(text, "temporary"),
            _ => value?.DeepClone(),
        };
    }

    /// <summary>Where Ansible puts what it copies: a name of its own in each run.</summary>
    [GeneratedRegex("ansible-(?:local|tmp)-[^/ ]+(?:/[^/ ]+)?")]
    private static partial Regex TemporaryFile();
}
