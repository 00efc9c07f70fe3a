using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.CommandLine;
using Osism.Cli.Formats;
using Osism.Contracts;
using Osism.Contracts.Inventory;

namespace Osism.Cli.Inventory;

/// <summary><c>osism get hostvars HOST [VARIABLE] [--explain]</c></summary>
internal static class GetHostvarsCommand
{
    internal static readonly Column[] OriginColumns =
    [
        new("Variable", row => row.TextOrNull("name")),
        new("Value", row => ValueText(row.GetProperty("value"))),
        new("File", row => row.IntOrNull("line") is { } line ? $"{row.TextOrNull("file")}:{line}" : row.TextOrNull("file")),
        new("Place", row => row.TextOrNull("place")),
        new("Source", row => row.TextOrNull("source")),
        new("Precedence", row => $"{row.Int("precedence")}"),
    ];

    public static Command Create(CliContext cli)
    {
        var host = new Argument<string>("host") { Description = "Name of a host" };
        var variable = new Argument<string>("variable") { Description = "One variable. Default: all", Arity = ArgumentArity.ZeroOrOne };
        var explain = new Option<bool>("--explain") { Description = "Also where each value was written, and what it hides" };
        var format = Listing.FormatOption();
        var command = new Command("hostvars", "Values are those of ansible-inventory --host: templates are not filled in. JSON is the object it prints, or the bare value.") { host, variable, explain, format };
        command.SetAction(parsed => parsed.GetValue(explain)
            ? Explain(cli, new ExplainVariables(parsed.GetValue(host)!, parsed.GetValue(variable)), parsed.GetValue(format)!)
            : Show(cli, parsed.GetValue(host)!, parsed.GetValue(variable), parsed.GetValue(format)!));
        return command;
    }

    private static int Show(CliContext cli, string host, string? name, string format)
    {
        var query = new InventoryQuery("host", host, Vars: false, Export: false, Format: null);
        var body = cli.Api.Send("POST", ApiRoutes.InventoryQuery, json => InventoryJson.Write(json, query), cli.Interrupts.Leave);
        if (name is null && format == "json")
        {
            // Not read: what JSON does not have, such as NaN, Ansible prints all the same.
            cli.Output.Write(body);
            return ExitCode.Success;
        }

        using var answer = Parse(body);
        var all = answer.RootElement;
        if (name is not null && !all.TryGetProperty(name, out _))
        {
            var code = ErrorCodes.VariableUnknown;
            throw new ProblemException(new ProblemInfo(code.Status, code.Code, $"the host '{host}' has no variable '{name}'")
            {
                Nearest = NearestNames.Find(name, all.EnumerateObject().Select(variable => variable.Name)) is { Count: > 0 } nearest ? nearest : null,
            });
        }

        if (format is "json" or "yaml")
        {
            var value = name is null ? all : all.GetProperty(name);
            cli.Write(format == "json" ? JsonFormat.Write(value) : YamlFormat.Write(value));
            return ExitCode.Success;
        }

        List<string> names = name is null ? [.. all.EnumerateObject().Select(variable => variable.Name)] : [name];
        JsonElement[] rows = [.. names.Select(known => Row(host, known, all.GetProperty(known)))];
        Listing.Write(cli, [new("Host", row => row.Text("host"), Fixed: true), new("Variable", row => row.Text("variable"), Fixed: true), new("Value", row => ValueText(row.GetProperty("value")))], rows, format);
        return ExitCode.Success;
    }

    private static int Explain(CliContext cli, ExplainVariables question, string format)
    {
        using var answer = Parse(cli.Api.Send("POST", ApiRoutes.InventoryExplain, json => InventoryJson.Write(json, question), cli.Interrupts.Leave));
        var items = Listing.Items(answer.RootElement);
        // For people each value that is hidden has its own line below the one that counts.
        Listing.Write(cli, OriginColumns, format is "json" or "yaml" ? items : [.. items.SelectMany(item => (JsonElement[])[item, .. Listing.Items(item, "shadowed")])], format);
        return ExitCode.Success;
    }

    private static JsonElement Row(string host, string name, JsonElement value)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("host", host);
            json.WriteString("variable", name);
            json.WritePropertyName("value");
            value.WriteTo(json);
            json.WriteEndObject();
        }

        // Not disposed: it lives until it is written.
        return JsonDocument.Parse(bytes.ToArray()).RootElement;
    }

    private static string ValueText(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static JsonDocument Parse(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException e)
        {
            throw new ProblemException(ErrorCodes.InternalError, $"the variables hold something JSON does not have; --format json shows them as they are ({e.Message})", e);
        }
    }
}
