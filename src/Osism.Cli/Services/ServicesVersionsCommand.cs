using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;
using Osism.Contracts.Services;

namespace Osism.Cli.Services;

/// <summary><c>osism services versions [NAME...] [--layer L] [-l PATTERN] [--drift] [--check]</c></summary>
internal static class ServicesVersionsCommand
{
    /// <summary>The manager asks 32 hosts at a time, and each may take its time.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    internal static readonly Column[] Columns =
    [
        new("Service", row => row.TextOrNull("service"), Fixed: true),
        new("Host", row => row.TextOrNull("host"), Fixed: true),
        new("Container", row => row.TextOrNull("container"), Fixed: true),
        new("Running", row => row.TextOrNull("running"), Fixed: true),
        new("Wanted", row => row.TextOrNull("wanted"), Fixed: true),
        new("State", row => row.Text("state"), Fixed: true, Colour: row => row.Text("state") switch
        {
            VersionStates.Current => Colour.Green,
            VersionStates.Unknown => Colour.Yellow,
            _ => Colour.Red,
        }),
        new("Detail", row => row.TextOrNull("detail"), Spare: true),
    ];

    public static Command Create(CliContext cli)
    {
        var names = new Argument<string[]>("names") { Description = "Only these services. None = all, and containers that are nobody's", Arity = ArgumentArity.ZeroOrMore };
        var layer = ServicesListCommand.LayerOption();
        var limit = new Option<string>("--limit", "-l") { Description = "Only on the hosts that this pattern means", HelpName = "PATTERN" };
        var drift = new Option<bool>("--drift") { Description = "Leave out what is current, and what nobody can say" };
        var check = new Option<bool>("--check") { Description = "End with 1 when something is drifted, stale or missing" };
        var format = Listing.FormatOption();
        var command = new Command("versions", """
            Asks the hosts, now, which containers run, and compares their tags with those of the configuration. State is current, drifted (another tag),
            stale (the host has another image by that name since), missing, unknown, where nobody can say what is wanted, or unreachable.
            Ends with 8 when a host was unreachable.
            """) { names, layer, limit, drift, check, format };
        command.SetAction(parsed =>
        {
            var route = ApiRoutes.ServicesVersionsOf(parsed.GetValue(names) ?? [], parsed.GetValue(layer), parsed.GetValue(limit));
            // Not disposed: its elements live until they are written.
            var rows = Listing.Items(JsonDocument.Parse(cli.Api.GetBytes(route, Patience, cli.Interrupts.Leave)).RootElement);
            Listing.Write(cli, Columns, parsed.GetValue(drift) ? [.. rows.Where(IsWrong)] : rows, parsed.GetValue(format)!);
            cli.Talk.Say(Summary(rows));
            return parsed.GetValue(check) && Array.Exists(rows, row => IsWrong(row) && !IsUnreachable(row)) ? ExitCode.Failed
                : Array.Exists(rows, IsUnreachable) ? ExitCode.Unreachable
                : ExitCode.Success;
        });
        return command;
    }

    private static bool IsWrong(JsonElement row) => row.Text("state") is not (VersionStates.Current or VersionStates.Unknown);

    private static bool IsUnreachable(JsonElement row) => row.Text("state") == VersionStates.Unreachable;

    private static string Summary(JsonElement[] rows) => rows.Length == 0 ? "nothing to compare"
        : string.Join(", ", rows.CountBy(row => row.Text("state")).Select(state => $"{state.Value} {state.Key}"));
}
