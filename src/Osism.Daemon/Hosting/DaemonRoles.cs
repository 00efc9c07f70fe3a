using Osism.Contracts;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Hosting;

/// <summary>Which parts of the manager this process plays.</summary>
/// <param name="Names">As given, <c>all</c> resolved.</param>
internal sealed record DaemonRoles(IReadOnlyList<string> Names)
{
    private const string All = "all";
    private const string Worker = "worker";

    private static readonly string[] Services = ["api", "console", "beat", "listener", "watchdog", "reconciler"];

    public bool IsAll { get; private init; }

    public bool HasApi => Names.Contains("api", StringComparer.Ordinal);

    public bool HasBeat => Names.Contains("beat", StringComparer.Ordinal);

    public bool HasWatchdog => Names.Contains("watchdog", StringComparer.Ordinal);

    public bool HasReconciler => Names.Contains("reconciler", StringComparer.Ordinal);

    /// <summary>Queues this process works for; empty when it is no worker.</summary>
    public WorkerQueues Queues => new(Names.Contains(Worker, StringComparer.Ordinal)
        ? WorkerQueues.All
        : [.. Names.Where(name => name.StartsWith($"{Worker}:", StringComparison.Ordinal)).Select(name => name[(Worker.Length + 1)..]).Distinct(StringComparer.Ordinal)]);

    /// <summary>Short name for files: <c>osismd</c> for all roles, else with the roles in it.</summary>
    public string FileName => IsAll ? "osismd" : $"osismd-{string.Join('+', Names).Replace(':', '-')}";

    /// <param name="text">Comma list: <c>all</c> (default), <c>api</c>, <c>worker:kolla-ansible</c> ...</param>
    /// <exception cref="OsismException">A role does not exist (<c>settings.invalid</c>).</exception>
    public static DaemonRoles Parse(string? text)
    {
        var names = (string.IsNullOrWhiteSpace(text) ? All : text)
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var unknown = names.Where(name => !IsKnown(name)).ToList();
        if (unknown.Count > 0 || names.Length == 0)
        {
            var known = string.Join(", ", [All, .. Services, Worker, .. WorkerQueues.All.Select(queue => $"{Worker}:{queue}")]);
            throw new OsismException(ErrorCodes.SettingsInvalid, $"there is no role '{string.Join("', '", unknown)}': use {known}");
        }

        return names.Contains(All, StringComparer.Ordinal)
            ? new DaemonRoles([.. Services, Worker]) { IsAll = true }
            : new DaemonRoles(names);
    }

    private static bool IsKnown(string name) =>
        name is All or Worker
        || Services.Contains(name, StringComparer.Ordinal)
        || WorkerQueues.All.Any(queue => name == $"{Worker}:{queue}");
}
