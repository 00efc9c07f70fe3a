using System.Diagnostics;
using Osism.Benchmarks.Measuring;
using Osism.Testing.Sequence;

namespace Osism.Benchmarks.Sequence;

/// <summary>What was spent until some moment; the difference of two is what lies between them.</summary>
/// <param name="Wall">Time.</param>
/// <param name="Manager">CPU of osismd, and of what it waited for.</param>
/// <param name="Database">CPU of its PostgreSQL.</param>
/// <param name="Clients">CPU of the calls of osism that were made from here; those that plays make are not counted.</param>
/// <param name="All">CPU of everything: plays, nodes, connections, and the three.</param>
internal sealed record SequenceCosts(TimeSpan Wall, TimeSpan Manager, TimeSpan Database, TimeSpan Clients, TimeSpan All)
{
    public static SequenceCosts Now(SequenceSite site, FamilyCpu family) => new(
        Stopwatch.GetElapsedTime(0), ProcessCpu.Of(site.Daemon.Id), ServerCpu.Of(site.Daemon.Home), ChildUsage.Now, family.Now);

    /// <summary>The manager's own share of all that was computed, in percent.</summary>
    public double Share => 100 * (Manager + Database + Clients) / All;

    public static SequenceCosts operator -(SequenceCosts later, SequenceCosts earlier) => new(
        later.Wall - earlier.Wall, later.Manager - earlier.Manager, later.Database - earlier.Database, later.Clients - earlier.Clients, later.All - earlier.All);
}
