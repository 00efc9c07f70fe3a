using System.Buffers;
using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Inventory;

/// <summary><c>osism get hosts [-l PATTERN]</c></summary>
internal static class GetHostsCommand
{
    internal static readonly Column[] Columns = [new("Host", row => row.Text("host"), Fixed: true)];

    public static Command Create(CliContext cli)
    {
        var limit = new Option<string>("--limit", "-l") { Description = "Only hosts that this pattern means, such as control or web:!old", HelpName = "PATTERN" };
        var format = Listing.FormatOption();
        var command = new Command("hosts", "Ends with 1 when there are none.") { limit, format };
        command.SetAction(parsed => Run(cli, parsed.GetValue(limit), parsed.GetValue(format)!));
        return command;
    }

    private static int Run(CliContext cli, string? pattern, string format)
    {
        using var answer = JsonDocument.Parse(cli.Api.GetBytes(ApiRoutes.InventoryHostsOf(pattern), cli.Interrupts.Leave));
        var hosts = answer.RootElement.Texts("hosts");
        using var rows = JsonDocument.Parse(Rows(hosts));
        JsonElement[] items = [.. rows.RootElement.EnumerateArray()];
        Listing.Write(cli, Columns, items, format);
        if (hosts.Count > 0)
            return ExitCode.Success;
        var nearest = answer.RootElement.Texts("nearest");
        cli.Talk.Write(pattern is null ? "the inventory has no hosts" : $"no host matches '{pattern}'{(nearest.Count == 0 ? "" : $" (nearest: {string.Join(", ", nearest)})")}");
        return ExitCode.Failed;
    }

    private static ReadOnlyMemory<byte> Rows(List<string> hosts)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartArray();
        foreach (var host in hosts)
        {
            json.WriteStartObject();
            json.WriteString("host", host);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        return bytes.WrittenMemory;
    }
}
