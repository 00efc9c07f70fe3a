using Osism.Contracts.Jobs;

namespace Osism.SystemTests.Spool;

/// <summary>One cell of the kill matrix: where a job stands when its victim is hit, and what must become of it.</summary>
/// <param name="Phase">One of <see cref="Phases"/>.</param>
/// <param name="Point">The failpoint that holds its worker there; null where the run itself waits, or the job does.</param>
/// <param name="End">How it ends.</param>
/// <param name="Lines">How many lines it then has written, from 1.</param>
internal sealed record KillCell(string Phase, string? Point, JobState End, int Lines)
{
    private const int All = 2 * KillSite.Half;

    /// <summary>States of the issue; <c>starting</c> is two of them, before and after its supervisor was started.</summary>
    public static IReadOnlyList<string> Phases { get; } = ["starting", "spawned", "running", "finishing", "cancelling", "queued"];

    public static IReadOnlyList<string> Victims { get; } = ["supervisor", "ansible", "worker", "manager", "postgresql"];

    public string Role => RoleOf(Phase);

    public static string RoleOf(string phase) => $"cell-{phase}";

    /// <summary>The row of a victim, a cell a phase.</summary>
    /// <param name="victim">One of <see cref="Victims"/>. A queued job has neither supervisor nor command, one at <c>starting</c> not yet: they go on.</param>
    /// <param name="signal"><c>KILL</c>, or <c>STOP</c> for longer than a lease.</param>
    public static IReadOnlyList<KillCell> Of(string victim, string signal) => (victim, signal) switch
    {
        ("supervisor", "KILL") => [.. Before, .. Running(JobState.Lost, KillSite.Half), new("finishing", null, JobState.Lost, All), Cancelling],
        ("ansible", "KILL") => [.. Before, .. Running(JobState.Failed, KillSite.Half), new("finishing", null, JobState.Failed, All), Cancelling],
        ("supervisor" or "ansible", "STOP") => [.. Before, .. Running(JobState.Succeeded, All), new("finishing", null, JobState.Succeeded, All), Cancelling],
        _ =>
        [
            .. Before, new("spawned", "spawned", JobState.Succeeded, All), new("running", "following", JobState.Succeeded, All),
            new("finishing", "finishing", JobState.Succeeded, All), Cancelling,
        ],
    };

    private static KillCell[] Before => [new("queued", null, JobState.Succeeded, All), new("starting", "spooled", JobState.Succeeded, All)];

    private static KillCell Cancelling => new("cancelling", "cancelling", JobState.Cancelled, KillSite.Half);

    private static KillCell[] Running(JobState end, int lines) => [new("spawned", "spawned", end, lines), new("running", null, end, lines)];
}
