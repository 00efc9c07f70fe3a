using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Cli.Workers;
using Osism.Contracts;
using Osism.Contracts.Inventory;

namespace Osism.Cli.Inventory;

/// <summary><c>osism inventory revisions|diff|rollback|pin</c>, <c>osism sync inventory</c>, <c>osism reconciler</c></summary>
internal static class RevisionCommands
{
    /// <summary>Seconds the manager waits at once; we ask again after that.</summary>
    private const int Wait = 20;

    internal static readonly Column[] Columns =
    [
        new("Revision", revision => $"{revision.IntOrNull("revision")}", Fixed: true),
        new("Status", revision => revision.Text("status"), Fixed: true),
        new("Created", revision => Times.Local(revision.TimeOrNull("created_at")), Fixed: true),
        new("Cause", revision => revision.TextOrNull("cause")),
        new("Commit", revision => Short(revision.TextOrNull("commit")) + (revision.FlagOrNull("dirty") == true ? "+" : "")),
        new("Hosts", revision => $"{revision.IntOrNull("hosts")}"),
        new("Groups", revision => $"{revision.IntOrNull("groups")}"),
        new("ms", revision => $"{revision.IntOrNull("duration_ms")}"),
        new("Findings", revision => $"{revision.GetProperty("findings").GetArrayLength()}"),
    ];

    internal static readonly Column[] DiffColumns =
    [
        new("Change", change => change.Text("change"), Fixed: true),
        new("Kind", change => change.Text("kind"), Fixed: true),
        new("Name", change => change.Text("name")),
        new("Variable", change => change.TextOrNull("variable")),
    ];

    public static Command CreateList(CliContext cli)
    {
        var limit = new Option<int>("--limit", "-n") { Description = "Most revisions. Default: 20", HelpName = "N", DefaultValueFactory = _ => 20 };
        var format = Listing.FormatOption();
        var command = new Command("revisions", "The newest first. While the sources are broken that stands above them, and what is wrong is said on stderr.") { limit, format };
        command.SetAction(parsed =>
        {
            using var page = JsonDocument.Parse(cli.Api.GetBytes($"{ApiRoutes.InventoryRevisions}?limit={Math.Clamp(parsed.GetValue(limit), 1, 1000)}", cli.Interrupts.Leave));
            var items = Listing.Items(page.RootElement);
            foreach (var broken in items.Where(item => item.Text("status") == "broken"))
                SayFindings(cli, broken);
            Listing.Write(cli, Columns, items, parsed.GetValue(format)!);
            return ExitCode.Success;
        });
        return command;
    }

    public static Command CreateDiff(CliContext cli)
    {
        var from = new Argument<long>("from") { Description = "A revision, as 'osism inventory revisions' prints it" };
        var to = new Argument<long>("to") { Description = "Another one" };
        var format = Listing.FormatOption();
        var command = new Command("diff", "Hosts, groups with their members, and variables. Values are not shown.") { from, to, format };
        command.SetAction(parsed =>
        {
            using var diff = JsonDocument.Parse(cli.Api.GetBytes(ApiRoutes.InventoryDiff(parsed.GetValue(from), parsed.GetValue(to)), cli.Interrupts.Leave));
            Listing.Write(cli, DiffColumns, [.. diff.RootElement.GetProperty("changes").EnumerateArray()], parsed.GetValue(format)!);
            return ExitCode.Success;
        });
        return command;
    }

    public static Command CreateRollback(CliContext cli)
    {
        var revision = new Argument<long>("revision") { Description = "As 'osism inventory revisions' prints it" };
        var command = new Command("rollback", "Runs get that revision until the sources of the inventory change.") { revision };
        command.SetAction(parsed => Send(cli, "POST", ApiRoutes.InventoryRollback(parsed.GetValue(revision))));
        return command;
    }

    public static Command CreatePin(CliContext cli)
    {
        var revision = new Argument<long?>("revision") { Description = "As 'osism inventory revisions' prints it", Arity = ArgumentArity.ZeroOrOne };
        var off = new Option<bool>("--off") { Description = "Take a pin or a rollback off" };
        var command = new Command("pin", "Runs get that revision, whatever becomes of the sources, until the pin is taken off.") { revision, off };
        command.Validators.Add(result =>
        {
            if ((result.GetValue(revision) is null) == !result.GetValue(off))
                result.AddError("osism inventory pin takes a revision or --off.");
        });
        command.SetAction(parsed => parsed.GetValue(revision) is { } wanted
            ? Send(cli, "POST", ApiRoutes.InventoryPinTo(wanted))
            : Send(cli, "DELETE", ApiRoutes.InventoryPin));
        return command;
    }

    public static Command CreateSync(CliContext cli)
    {
        var noWait = new Option<bool>("--no-wait") { Description = "Ask for it and return" };
        var limit = new Option<int>("--task-timeout") { Description = "Stop waiting after this long; the manager goes on. Default: 300", HelpName = "SECONDS", DefaultValueFactory = _ => 300 };
        var command = new Command("inventory", "Looks at the sources now. Ends with 10 when they are broken; the last good revision stays in effect. Ends with 5 when --task-timeout is over.") { noWait, limit };
        command.Validators.Add(result =>
        {
            if (result.GetValue(limit) < 0)
                result.AddError("--task-timeout must be 0 or more seconds.");
        });
        command.SetAction(parsed => Sync(cli, parsed.GetValue(noWait), parsed.GetValue(limit)));
        return command;
    }

    private static int Sync(CliContext cli, bool noWait, int limit)
    {
        var began = cli.Time.GetTimestamp();
        long? before = null;
        for (var asked = false; ; asked = true)
        {
            var left = noWait ? 0 : Math.Max(0, limit - (int)cli.Time.GetElapsedTime(began).TotalSeconds);
            using var answer = JsonDocument.Parse(cli.Api.Send("POST", ApiRoutes.InventoryReconcile, json => Write(json, new ReconcileInventory(Math.Min(left, Wait))), cli.Interrupts.Leave));
            var outcome = answer.RootElement;
            if (outcome.Text("status") != "running")
            {
                cli.Talk.ClearStatus();
                return Tell(cli, outcome, changed: asked ? outcome.IntOrNull("revision") != before : outcome.FlagOrNull("changed") == true, failOnFindings: !noWait);
            }

            before = asked ? before : outcome.IntOrNull("revision");
            if (noWait)
            {
                cli.Talk.Say("the manager looks at the sources; 'osism inventory revisions' shows what becomes of them");
                return ExitCode.Success;
            }

            if (left == 0)
            {
                cli.Talk.ClearStatus();
                cli.Talk.Write($"the manager still looks at the sources after {limit} s and goes on; 'osism inventory revisions' shows what becomes of them");
                return ExitCode.TimedOut;
            }

            cli.Talk.Status("waiting: the manager looks at the sources");
        }
    }

    internal static void Write(Utf8JsonWriter json, ReconcileInventory request)
    {
        json.WriteStartObject();
        if (request.Wait is { } wait)
            json.WriteNumber("wait", wait);
        else
            json.WriteNull("wait");
        json.WriteEndObject();
    }

    public static Command CreateReconciler()
    {
        var command = new Command("reconciler", "Becomes 'osismd --roles reconciler,watchdog' in the foreground.");
        command.SetAction(_ => DaemonStart.Become("reconciler,watchdog", slots: null));
        return command;
    }

    private static int Send(CliContext cli, string method, string route)
    {
        using var answer = JsonDocument.Parse(cli.Api.Send(
            method, route,
            static json =>
            {
                json.WriteStartObject();
                json.WriteEndObject();
            },
            cli.Interrupts.Leave));
        return Tell(cli, answer.RootElement, answer.RootElement.FlagOrNull("changed") == true, failOnFindings: false);
    }

    private static int Tell(CliContext cli, JsonElement outcome, bool changed, bool failOnFindings)
    {
        SayFindings(cli, outcome);
        cli.Talk.Say(
            $"revision {outcome.IntOrNull("revision")?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"} is in effect ({outcome.Text("status")}{(changed ? ", changed" : "")}): "
            + $"{outcome.IntOrNull("hosts")} hosts in {outcome.IntOrNull("groups")} groups, {outcome.IntOrNull("duration_ms")} ms");
        return failOnFindings && outcome.Text("status") == "broken" ? ExitCode.Configuration : ExitCode.Success;
    }

    private static void SayFindings(CliContext cli, JsonElement outcome)
    {
        foreach (var finding in outcome.GetProperty("findings").EnumerateArray())
        {
            var place = finding.TextOrNull("file") is not { } file ? "" : finding.IntOrNull("line") is { } line ? $"{file}:{line}: " : $"{file}: ";
            cli.Talk.Write($"{finding.Text("severity")}: {finding.Text("code")}: {place}{finding.Text("message")}");
        }
    }

    private static string? Short(string? commit) => commit is { Length: > 10 } ? commit[..10] : commit;
}
