using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs.Spool;

namespace Osism.Daemon.Jobs;

/// <summary>How a run ended, from its exit record and its recap. Ansible's exit code alone is not enough: it answers 4 for
/// an unreachable host and for a broken playbook, 2 for a failed host and for a wrong option (measured, configuration.md 7.4).</summary>
/// <param name="State">Terminal state.</param>
/// <param name="Reason">Why; null for success.</param>
internal sealed record AttemptOutcome(JobState State, ReasonInfo? Reason)
{
    private const int FirstSignal = 128;
    private const int Signals = 64;

    /// <summary>What it wrote may have been lost, and Ansible, whose threads die of such an error, would wait for itself for ever (measured with 2.14).</summary>
    public static AttemptOutcome DiskFull { get; } = new(JobState.Failed, new ReasonInfo(
        ErrorCodes.SpoolDiskFull.Code, "the disk of the spool was full while it ran: what it wrote before that is stored"));

    /// <param name="result">What the follower saw.</param>
    /// <param name="wish">Why somebody wanted the run to end, null when nobody did.</param>
    /// <param name="kind">One of <see cref="JobKinds"/>: a command has neither recap nor hosts.</param>
    public static AttemptOutcome Of(FollowResult result, AttemptOutcome? wish, string kind = JobKinds.Ansible)
    {
        // A run that came to its end by itself before the signal reached it did succeed.
        if (result.ExitCode == 0)
        {
            return new AttemptOutcome(JobState.Succeeded, null);
        }

        if (wish is not null)
        {
            return wish;
        }

        if (result.IsGone || result.ExitCode is not { } code)
        {
            return new AttemptOutcome(JobState.Lost, new ReasonInfo(
                ErrorCodes.JobLost.Code, "its processes are gone and left no exit record: look at the hosts before running it again"));
        }

        if (result.DiskWasFull)
        {
            return DiskFull;
        }

        if (SignalOf(code) is { } signal)
        {
            return Failed($"killed by signal {signal}");
        }

        if (kind != JobKinds.Ansible)
        {
            return Failed($"the command ended with exit code {code}");
        }

        if (!result.Tally.HasStats)
        {
            return Failed($"Ansible ended with exit code {code} before its recap: the last lines of the output say why");
        }

        var hosts = result.Tally.Hosts;
        var failed = hosts.Where(host => host.Failed > 0).Select(host => host.Host).ToList();
        if (failed.Count > 0)
        {
            return Failed($"failed on {Names(failed)}");
        }

        var away = hosts.Where(host => host.Unreachable > 0).Select(host => host.Host).ToList();
        return away.Count > 0
            ? new AttemptOutcome(JobState.Unreachable, new ReasonInfo(ErrorCodes.RunUnreachable.Code, $"unreachable: {Names(away)}"))
            : Failed($"Ansible ended with exit code {code}");
    }

    /// <summary>The signal that ended a command, as a shell counts; null when it ended by itself. Ansible's own 250 (an error of its own) is no signal.</summary>
    public static int? SignalOf(int? exitCode) =>
        exitCode is > FirstSignal and <= FirstSignal + Signals ? exitCode - FirstSignal : null;

    private static AttemptOutcome Failed(string message) => new(JobState.Failed, new ReasonInfo(ErrorCodes.RunFailed.Code, message));

    private static string Names(List<string> hosts)
    {
        const int Shown = 5;
        return hosts.Count <= Shown ? string.Join(", ", hosts) : $"{string.Join(", ", hosts.Take(Shown))} and {hosts.Count - Shown} more";
    }
}
