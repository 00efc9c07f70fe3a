using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Services;

/// <summary><c>osism services links [--layer L] [--all]</c></summary>
internal static class ServicesLinksCommand
{
    internal static readonly Column[] Columns =
    [
        new("Service", link => link.Text("service"), Fixed: true),
        new("For", link => link.Text("name"), Fixed: true),
        new("URL", link => link.Text("url"), Fixed: true),
        new("Description", link => link.TextOrNull("description")),
    ];

    public static Command Create(CliContext cli)
    {
        var layer = ServicesListCommand.LayerOption();
        var all = new Option<bool>("--all", "-a") { Description = "Also of services that are not wanted" };
        var format = Listing.FormatOption();
        var command = new Command("links", "URLs of services that are wanted. One that is made of variables without a value is left out; --verbose says which.") { layer, all, format };
        command.SetAction(parsed =>
        {
            var services = ServicesListCommand.Items(cli, parsed.GetValue(layer), all: false).Where(service => parsed.GetValue(all) || service.Flag("wanted"));
            Listing.Write(cli, Columns, Links(cli, services), parsed.GetValue(format)!);
            return ExitCode.Success;
        });
        return command;
    }

    private static JsonElement[] Links(CliContext cli, IEnumerable<JsonElement> services)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartArray();
            foreach (var service in services)
            {
                foreach (var url in service.GetProperty("urls").EnumerateArray())
                    Write(cli, json, service, url);
            }

            json.WriteEndArray();
        }

        // Not disposed: its elements live until they are written.
        return [.. JsonDocument.Parse(bytes.ToArray()).RootElement.EnumerateArray()];
    }

    private static void Write(CliContext cli, Utf8JsonWriter json, JsonElement service, JsonElement url)
    {
        if (url.TextOrNull("url") is not { } address)
        {
            cli.Talk.Detail($"{service.Text("name")}, {url.Text("name")}: the configuration says nothing of {url.TextOrNull("missing")}");
            return;
        }

        json.WriteStartObject();
        json.WriteString("service", service.Text("name"));
        json.WriteString("layer", service.Text("layer"));
        json.WriteString("name", url.Text("name"));
        json.WriteString("url", address);
        json.WriteString("description", service.TextOrNull("description"));
        json.WriteEndObject();
    }
}
