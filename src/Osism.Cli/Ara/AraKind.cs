using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;

namespace Osism.Cli.Ara;

/// <summary>A kind of recorded object: how it is listed, shown and summed up.</summary>
/// <param name="Name">Word of the command line.</param>
/// <param name="Plural">Word of the path.</param>
/// <param name="Order">Default order.</param>
/// <param name="Filters">Options of its listing.</param>
/// <param name="Columns">Of the table; JSON and YAML hold everything.</param>
/// <param name="Groups">Fields by which its metrics may be summed up, the default first; empty = it has none.</param>
/// <param name="Body">The large field that is shown on demand only, with the option for it; null = it has none.</param>
internal sealed record AraKind(string Name, string Plural, string Order, AraFilter[] Filters, Column[] Columns, string[] Groups, (string Field, string Option)? Body = null)
{
    private static readonly AraFilter Playbook = new("--playbook", "playbook=", "Of this playbook, by its number");
    private static readonly AraFilter Status = new("--status", "status=", "With this status");

    private static readonly AraFilter[] PlaybookFilters =
    [
        new("--label", "label=", "With this label"),
        new("--ansible_version", "ansible_version=", "Run by an Ansible whose version has this in it"),
        new("--client_version", "client_version=", "Recorded by a client whose version has this in it"),
        new("--server_version", "server_version=", "Recorded by a server whose version has this in it"),
        new("--python_version", "python_version=", "Run by a Python whose version has this in it"),
        new("--controller", "controller=", "Run on a machine whose name has this in it"),
        new("--user", "user=", "Run by a user whose name has this in it"),
        new("--name", "name=", "With this in their name"),
        new("--path", "path=", "With this in their path"),
        Status,
    ];

    private static readonly AraFilter[] HostFilters =
    [
        new("--name", "name=", "With this in their name"),
        Playbook,
        new("--with-changed", "changed__gt=", "Where something changed", "0"),
        new("--without-changed", "changed__lt=", "Where nothing changed", "1"),
        new("--with-failed", "failed__gt=", "Where something failed", "0"),
        new("--without-failed", "failed__lt=", "Where nothing failed", "1"),
        new("--with-unreachable", "unreachable__gt=", "That could not be reached", "0"),
        new("--without-unreachable", "unreachable__lt=", "That could always be reached", "1"),
    ];

    public static readonly AraKind[] All =
    [
        new(
            "playbook", "playbooks", "-started", PlaybookFilters,
            [Id, State, Text("controller"), Text("name"), Text("path"), Item("plays"), Item("tasks"), Item("results"), Item("hosts"), Started, Duration],
            ["name", "path", "ansible_version", "controller"]),
        new(
            "play", "plays", "-started",
            [Playbook, new("--name", "name=", "With this in their name"), new("--uuid", "uuid=", "With this UUID"), Status],
            [Id, State, Key("playbook"), Text("name"), Item("tasks"), Item("results"), Started, Duration], []),
        new(
            "task", "tasks", "-started",
            [
                Playbook, new("--play", "play=", "Of this play, by its number"), Status, new("--name", "name=", "With this in their name"), new("--path", "path=", "Of a file with this in its path"),
                new("--action", "action=", "With this module"), new("--uuid", "uuid=", "With this UUID"), new("--handler", "handler=", "Handlers only", "true"),
            ],
            [Id, State, Item("results"), Text("action"), Text("name"), Key("playbook"), Text("path"), Started, Duration],
            ["action", "name", "path"]),
        new(
            "host", "hosts", "-updated", HostFilters,
            [Id, Text("name"), Key("playbook"), Text("changed"), Text("failed"), Text("ok"), Text("skipped"), Text("unreachable"), Updated],
            ["name"], ("facts", "--with-facts")),
        new(
            "result", "results", "-started",
            [
                Playbook, new("--play", "play=", "Of this play, by its number"), new("--task", "task=", "Of this task, by its number"), new("--host", "host=", "On this host, by its number"),
                Status, new("--ignore-errors", "ignore_errors=", "Whose failure was ignored", "true"), new("--changed", "changed=", "That changed something", "true"),
            ],
            [Id, State, Key("playbook"), Key("play"), Key("task"), Key("host"), Started, Duration], [], ("content", "--with-content")),
        new(
            "record", "records", "-updated", [Playbook, new("--key", "key=", "With this key")],
            [Id, Text("key"), Text("type"), Key("playbook"), Updated], []),
    ];

    /// <summary>What an object is called where others refer to it.</summary>
    public static string NameOf(JsonElement item) =>
        item.TextOrNull("name") ?? item.TextOrNull("path") ?? "";

    private static Column Id => new("Id", item => $"{item.Long("id")}", Fixed: true);

    private static Column State => new("Status", item => item.TextOrNull("status"), Fixed: true, Colour: item => item.TextOrNull("status") switch
    {
        "ok" or "completed" => Colour.Green,
        "changed" or "expired" or "ignored" => Colour.Yellow,
        "failed" or "unreachable" => Colour.Red,
        "skipped" or "running" => Colour.Cyan,
        _ => Colour.None,
    });

    private static Column Started => new("Started", item => Times.Local(item.TimeOrNull("started")), Fixed: true);

    private static Column Updated => new("Updated", item => Times.Local(item.TimeOrNull("updated")), Fixed: true);

    private static Column Duration => new("Duration", item => item.TextOrNull("duration") is { } text ? Times.Duration(AraMetrics.Span(text)) : null);

    private static Column Text(string field) => new(Title(field), item => AraShow.Plain(item, field));

    private static Column Item(string field) => new(Title(field), item => item.TryGetProperty("items", out var items) ? AraShow.Plain(items, field) : null);

    /// <summary>A reference: its number, or what <c>--resolve</c> put in its place.</summary>
    private static Column Key(string field) => new(Title(field), item => AraShow.Plain(item, field));

    private static string Title(string field) => char.ToUpperInvariant(field[0]) + field[1..].Replace('_', ' ');
}
