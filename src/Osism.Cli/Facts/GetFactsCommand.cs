using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;
using Osism.Contracts.Facts;

namespace Osism.Cli.Facts;

/// <summary><c>osism get facts HOST [FACT]</c></summary>
internal static class GetFactsCommand
{
    // They are long and nobody compares them by eye. Source: python-osism, osism/commands/get.py.
    private const int LongestKey = 40;

    internal static readonly Column[] Columns =
    [
        new("Host", row => row.Text("host"), Fixed: true),
        new("Fact", row => row.Text("fact"), Fixed: true),
        new("Value", row => FactsJson.Value(row, "value")),
    ];

    public static Command Create(CliContext cli)
    {
        var host = new Argument<string>("host") { Description = "Name of a host" };
        var fact = new Argument<string>("fact") { Description = "One fact, or a part of one such as ansible_default_ipv4.address. Default: all", Arity = ArgumentArity.ZeroOrOne };
        var noCache = new Option<bool>("--no-cache") { Description = "Accepted as in the original, where it has no effect either: 'osism sync facts' gathers them anew" };
        var format = Listing.FormatOption();
        var command = new Command("facts", "Facts are those gathered last, by whichever job. JSON is an object that also says when and by which.") { host, fact, noCache, format };
        command.SetAction(parsed => Run(cli, new FactQuery(parsed.GetValue(host)!, parsed.GetValue(fact)), parsed.GetValue(format)!));
        return command;
    }

    private static int Run(CliContext cli, FactQuery query, string format)
    {
        var body = cli.Api.Send("POST", ApiRoutes.FactsQuery, json => FactsJson.Write(json, query), cli.Interrupts.Leave);
        if (format is "json" or "yaml")
        {
            Listing.WriteObject(cli, body, format);
            return ExitCode.Success;
        }

        using var answer = JsonDocument.Parse(body);
        var found = answer.RootElement;
        using var rows = JsonDocument.Parse(Rows(found.Text("host"), found.GetProperty("facts"), shortened: format == "table"));
        Listing.Write(cli, Columns, [.. rows.RootElement.EnumerateArray()], format);
        cli.Talk.Say($"gathered {FactsJson.Age(found)} ago{(found.IdOrNull("job") is { } job ? $" by job {job}" : "")}{(found.Flag("reset") ? ", and reset since" : "")}");
        return ExitCode.Success;
    }

    private static ReadOnlyMemory<byte> Rows(string host, JsonElement facts, bool shortened)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartArray();
            foreach (var fact in facts.EnumerateObject())
            {
                json.WriteStartObject();
                json.WriteString("host", host);
                json.WriteString("fact", fact.Name);
                json.WritePropertyName("value");
                if (shortened && IsKey(fact.Name) && fact.Value.ValueKind == JsonValueKind.String && fact.Value.GetString() is { Length: > LongestKey } key)
                    json.WriteStringValue($"{key[..LongestKey]}...");
                else
                    fact.Value.WriteTo(json);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return bytes.ToArray();
    }

    private static bool IsKey(string fact) =>
        fact.StartsWith("ansible_ssh_host_key_", StringComparison.Ordinal) && fact.EndsWith("_public", StringComparison.Ordinal);
}
