using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;

namespace Osism.Cli.Workers;

/// <summary>How workers are shown.</summary>
internal static class WorkerColumns
{
    internal static readonly Column[] All =
    [
        new("Name", worker => worker.Text("name"), Fixed: true),
        new("Host", worker => worker.TextOrNull("host")),
        new("State", worker => worker.Text("state"), Fixed: true, Colour: worker => Of(worker.Text("state"))),
        new("Queues", worker => string.Join(' ', worker.Texts("queues"))),
        new("Slots", worker => $"{worker.IntOrNull("slots")}"),
        new("Busy", worker => $"{worker.IntOrNull("busy")}"),
        new("Started", worker => Times.Local(worker.TimeOrNull("started_at")), Fixed: true),
        new("Heartbeat", worker => Times.Local(worker.TimeOrNull("heartbeat_at")), Fixed: true),
        new("Version", Version),
        new("Note", Note),
    ];

    internal static readonly Column[] Jobs =
    [
        new("Job", job => job.Text("id"), Fixed: true),
        new("Role", job => job.TextOrNull("role")),
        new("Environment", job => job.TextOrNull("environment")),
        new("State", job => job.Text("state"), Fixed: true),
        new("Started", job => Times.Local(job.TimeOrNull("started_at")), Fixed: true),
    ];

    /// <summary>A version that is not the manager's is marked.</summary>
    private static string? Version(JsonElement worker) =>
        worker.Flag("skew") ? $"{worker.TextOrNull("version")} (not the manager's)" : worker.TextOrNull("version");

    /// <summary>Why it takes no jobs, as far as that needs words.</summary>
    private static string? Note(JsonElement worker)
    {
        var drained = worker.TextOrNull("drained_by") is { } by
            ? $"drained by {by}{(worker.TextOrNull("drain_reason") is { } reason ? $": {reason}" : "")}"
            : null;
        return worker.TextOrNull("note") is { } note ? drained is null ? note : $"{note}; {drained}" : drained;
    }

    private static Colour Of(string state) => state switch
    {
        "up" => Colour.Green,
        "away" => Colour.Red,
        _ => Colour.Yellow,
    };
}
