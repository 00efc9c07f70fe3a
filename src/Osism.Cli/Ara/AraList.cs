using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Ara;

/// <summary><c>osism log ansible KIND list</c></summary>
internal static class AraList
{
    private const int Limit = 50;
    private static readonly string[] References = ["playbook", "play", "task", "host"];

    public static Command Create(CliContext cli, AraKind kind)
    {
        var command = new Command("list", $"List recorded {kind.Plural}");
        var query = new AraQuery(command, kind, kind.Order, Limit);
        var format = AraQuery.FormatOption();
        var isLong = new Option<bool>("--long") { Description = "Do not cut what is wider than the screen" };
        var resolve = new Option<bool>("--resolve") { Description = "Show names of what is referred to instead of numbers" };
        var latest = new Option<bool>("--latest") { Description = "Each host as the youngest playbook saw it" };
        command.Add(isLong);
        if (kind.Name is not "playbook")
            command.Add(resolve);
        if (kind.Name == "host")
            command.Add(latest);
        command.Add(format);
        command.SetAction(parsed =>
        {
            var rows = kind.Name == "host" && parsed.GetValue(latest)
                ? [.. query.Read(cli, parsed, "latesthosts").Select(row => row.GetProperty("host"))]
                : query.Read(cli, parsed);
            if (kind.Name is not "playbook" && parsed.GetValue(resolve))
                rows = Resolve(cli, rows);
            Write(cli, kind.Columns, rows, parsed.GetValue(format)!, parsed.GetValue(isLong));
            return ExitCode.Success;
        });
        return command;
    }

    private static void Write(CliContext cli, Column[] columns, JsonElement[] rows, string format, bool isLong)
    {
        if (format == "table" && isLong)
            cli.Write(TableFormat.Write(columns, rows, width: null, cli.Screen.Colours));
        else
            Listing.Write(cli, columns, rows, format);
    }

    /// <summary>Puts <c>(number) name</c> for each number; each object is asked for once.</summary>
    private static JsonElement[] Resolve(CliContext cli, JsonElement[] rows)
    {
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        return AraShow.Rewrite(rows, (json, property) =>
        {
            if (!References.Contains(property.Name, StringComparer.Ordinal) || property.Value.ValueKind != JsonValueKind.Number)
                return false;
            var id = property.Value.GetRawText();
            var path = AraQuery.Path(property.Name + "s", id);
            if (!known.TryGetValue(path, out var name))
            {
                using var found = JsonDocument.Parse(cli.Api.GetBytes(path, cli.Interrupts.Leave));
                known[path] = name = AraKind.NameOf(found.RootElement);
            }

            json.WriteString(property.Name, $"({id}) {name}");
            return true;
        });
    }
}
