using System.ComponentModel;
using Microsoft.Extensions.Options;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Jobs.Spool;

/// <summary>Ends everything that belongs to an attempt, and makes sure of it.</summary>
internal sealed partial class AttemptKiller(IOptions<WorkerOptions> options, TimeProvider time, ILogger<AttemptKiller> log)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastGrace = TimeSpan.FromSeconds(5);

    /// <summary>SIGINT, SIGTERM, SIGKILL with the configured times between, until nothing lives.</summary>
    /// <param name="marker">Value of <c>OSISM_ATTEMPT</c> in the run's processes.</param>
    /// <param name="supervisor">The supervisor: it is spared until nothing else lives, so that it can write the exit record.</param>
    /// <param name="cgroup">The attempt's cgroup.</param>
    /// <param name="cancellationToken">Stops in the middle; whoever adopts the job begins again.</param>
    /// <returns>What still lives; empty when all is gone.</returns>
    public async Task<IReadOnlyList<ProcessEntry>> KillAsync(
        string marker, ProcessIdentity? supervisor, Cgroup cgroup, CancellationToken cancellationToken)
    {
        IReadOnlyList<ProcessEntry> Others() => [.. ProcessTree.OfAttempt(marker, supervisor, cgroup).Where(entry => entry.Identity != supervisor)];

        foreach (var (signal, grace) in new[]
        {
            (Signal.Interrupt, options.Value.InterruptGrace),
            (Signal.Terminate, options.Value.TerminateGrace),
            (Signal.Kill, LastGrace),
        })
        {
            var since = time.GetTimestamp();
            var sent = new HashSet<ProcessIdentity>();
            while (Others() is { Count: > 0 } alive)
            {
                // Forks that appear while the others die get the signal too; nobody gets SIGINT twice, which Ansible takes for "now".
                foreach (var process in alive.Where(process => sent.Add(process.Identity)))
                {
                    Send(signal, process, marker);
                }

                if (signal == Signal.Kill)
                {
                    cgroup.TryKill();
                }

                if (time.GetElapsedTime(since) >= grace)
                {
                    break;
                }

                await Task.Delay(Look, time, cancellationToken);
            }
        }

        if (Others() is { Count: > 0 } left)
        {
            return left;
        }

        // The command is dead: the supervisor writes the exit record and ends by itself, at once.
        if (supervisor is not null && !await EndsAsync(supervisor, cancellationToken))
        {
            supervisor.TrySignal(Signal.Kill);
            await EndsAsync(supervisor, cancellationToken);
        }

        return ProcessTree.OfAttempt(marker, supervisor, cgroup);
    }

    private async Task<bool> EndsAsync(ProcessIdentity process, CancellationToken cancellationToken)
    {
        for (var since = time.GetTimestamp(); process.IsAlive; await Task.Delay(Look, time, cancellationToken))
        {
            if (time.GetElapsedTime(since) >= LastGrace)
            {
                return false;
            }
        }

        return true;
    }

    private void Send(Signal signal, ProcessEntry process, string marker)
    {
        try
        {
            Log.Sending(log, signal, process.Pid, process.Comm, marker);
            process.Identity.TrySignal(signal);
        }
        catch (Win32Exception e)
        {
            // What a run started as another user (become on this machine) is not ours to signal, unless we are root: it is named as still alive.
            Log.NotAllowed(log, signal, process.Pid, process.Comm, marker, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "{Signal} to {Pid} ({Comm}) of {Attempt}")]
        public static partial void Sending(ILogger logger, Signal signal, int pid, string comm, string attempt);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Signal} to {Pid} ({Comm}) of {Attempt} was refused: {Reason}")]
        public static partial void NotAllowed(ILogger logger, Signal signal, int pid, string comm, string attempt, string reason);
    }
}
