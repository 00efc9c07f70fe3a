using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;
using Osism.Contracts.Facts;

namespace Osism.Cli.Facts;

/// <summary><c>osism facts list|search|diff|history</c></summary>
internal static class FactsCommands
{
    internal static readonly Column[] AgeColumns =
    [
        new("Host", row => row.Text("host"), Fixed: true),
        new("State", row => row.Text("state"), Colour: row => row.Text("state") == FactStates.Fresh ? Colour.Green : Colour.Yellow),
        new("Age", FactsJson.Age),
        new("Gathered", row => Times.Local(row.TimeOrNull("gathered_at"))),
        new("Facts", row => $"{row.Int("facts")}"),
        new("Bytes", row => $"{row.Long("bytes")}"),
        new("Job", row => row.TextOrNull("job"), Fixed: true),
    ];

    internal static readonly Column[] FoundColumns =
    [
        new("Host", row => row.Text("host"), Fixed: true),
        new("Fact", row => row.Text("fact")),
        new("Value", row => FactsJson.Value(row, "value")),
        new("Age", FactsJson.Age),
    ];

    internal static readonly Column[] VersionColumns =
    [
        new("Since", row => Times.Local(row.TimeOrNull("since"))),
        new("Until", row => Times.Local(row.TimeOrNull("until"))),
        new("Value", row => FactsJson.Value(row, "value") ?? $"({row.Int("bytes")} bytes, not kept)"),
        new("Job", row => row.TextOrNull("job"), Fixed: true),
    ];

    public static Command CreateList(CliContext cli)
    {
        var limit = LimitOption();
        var stale = new Option<bool>("--stale") { Description = "Only those that are old, reset or missing" };
        var format = Listing.FormatOption();
        var command = new Command("list", "State is fresh, old (older than the setting facts.max_age), reset or missing. With --stale it ends with 1 when there are any.") { limit, stale, format };
        command.SetAction(parsed =>
        {
            var rows = Items(cli, ApiRoutes.FactAges(parsed.GetValue(limit)));
            if (parsed.GetValue(stale))
                rows = [.. rows.Where(row => row.Text("state") != FactStates.Fresh)];
            Listing.Write(cli, AgeColumns, rows, parsed.GetValue(format)!);
            return parsed.GetValue(stale) && rows.Length > 0 ? ExitCode.Failed : ExitCode.Success;
        });
        return command;
    }

    public static Command CreateSearch(CliContext cli)
    {
        var conditions = new Argument<string[]>("conditions") { Description = "FACT, or FACT, one of = != ~ < <= > >=, and a value: 'ansible_distribution_version=12*'", Arity = ArgumentArity.OneOrMore };
        var limit = LimitOption();
        var format = Listing.FormatOption();
        var command = new Command("search", """
            All conditions must fit. = and != take * and ?, ~ a regular expression; < and > compare numbers and versions. FACT may lead into one:
            ansible_default_ipv4.address; the prefix ansible_ may be left out. Of a list one element is enough. Secrets are not searched.
            Ends with 1 when no host fits.
            """) { conditions, limit, format };
        command.SetAction(parsed =>
        {
            var rows = Items(cli, ApiRoutes.FactsThatFit(parsed.GetValue(conditions)!, parsed.GetValue(limit)));
            Listing.Write(cli, FoundColumns, rows, parsed.GetValue(format)!);
            return rows.Length > 0 ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }

    public static Command CreateDiff(CliContext cli)
    {
        var a = new Argument<string>("a") { Description = "Name of a host" };
        var b = new Argument<string>("b") { Description = "Name of another" };
        var all = new Option<bool>("--all") { Description = "Also what changes all the time, such as the time of day" };
        var format = Listing.FormatOption();
        var command = new Command("diff", "Ends with 0 also when they differ.") { a, b, all, format };
        command.SetAction(parsed =>
        {
            var (left, right) = (parsed.GetValue(a)!, parsed.GetValue(b)!);
            Column[] columns =
            [
                new("Fact", row => row.Text("fact"), Fixed: true),
                new(left, row => FactsJson.Value(row, "a")),
                new(right, row => FactsJson.Value(row, "b")),
            ];
            Listing.Write(cli, columns, Items(cli, ApiRoutes.FactDifferences(left, right, parsed.GetValue(all))), parsed.GetValue(format)!);
            return ExitCode.Success;
        });
        return command;
    }

    public static Command CreateHistory(CliContext cli)
    {
        var host = new Argument<string>("host") { Description = "Name of a host" };
        var fact = new Argument<string>("fact") { Description = "One fact, or a part of one" };
        var format = Listing.FormatOption();
        var command = new Command("history", "The latest first; only changes. Facts that change all the time have none.") { host, fact, format };
        command.SetAction(parsed =>
        {
            Listing.Write(cli, VersionColumns, Items(cli, ApiRoutes.FactHistory(parsed.GetValue(host)!, parsed.GetValue(fact)!)), parsed.GetValue(format)!);
            return ExitCode.Success;
        });
        return command;
    }

    internal static Option<string> LimitOption() => new("--limit", "-l") { Description = "Only hosts that this pattern means, such as control or web:!old", HelpName = "PATTERN" };

    // Not disposed: its elements live until they are written.
    internal static JsonElement[] Items(CliContext cli, string path) => Listing.Items(JsonDocument.Parse(cli.Api.GetBytes(path, cli.Interrupts.Leave)).RootElement);
}
