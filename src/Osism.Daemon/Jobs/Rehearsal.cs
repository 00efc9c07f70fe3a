using Microsoft.Extensions.Options;
using Osism.Daemon.Ansible;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Platform.Secrets;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Jobs;

/// <summary>Goes the way of a run, with nothing at its end, while a manager that has just started has nothing to do: its code is compiled then.</summary>
/// <remarks>
/// The first run of a process takes some 300 ms longer than the hundredth, because everything on the way is compiled when it is first used, and again,
/// better, when it was used thirty times. Neither the database nor the spool knows of a rehearsal. The first job ends it.
/// What if we die here? What is left in the cache folder is taken away by the next rehearsal.
/// </remarks>
internal sealed partial class Rehearsal(
    RunComposer composer, SpoolWriter writer, Supervisors supervisors, SpoolCleaner cleaner, Sealer sealer, Worker worker, OsismHome home, IOptions<WorkerOptions> options,
    IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Rehearsal> log) : BackgroundService
{
    private const string Role = "noop";
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using (var begin = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStarted, stoppingToken))
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, time, begin.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await Task.Delay(Calm, time, stoppingToken);
            var stage = Path.Combine(home.Cache, "rehearsal");
            for (var round = 0; round < options.Value.Rehearsals && worker.Busy.Count == 0; round++)
            {
                if (Directory.Exists(stage))
                {
                    Directory.Delete(stage, recursive: true);
                }

                Directory.CreateDirectory(stage);
                await OnceAsync(stage, stoppingToken);
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped meanwhile.
        }
        catch (Exception e)
        {
            // No repository yet, a lock, a full disk: a run would say so.
            Log.Ended(log, e.Message);
        }
    }

    private async Task OnceAsync(string stage, CancellationToken cancellationToken)
    {
        var job = Guid.CreateVersion7();
        var name = SpoolFolder.NameOf(job, 1);
        var paths = new AttemptPaths(name, job, Path.Combine(stage, name));
        var request = new RunRequest(Role);
        // As when it is submitted, and again when it is claimed.
        await composer.ExplainAsync(request, cancellationToken);
        var run = await composer.ComposeAsync(request, paths, cancellationToken);
        run = run with { Plan = run.Plan with { Argv = ["/bin/true"] } };
        var cgroup = Cgroup.Open(paths.Id);
        var self = ProcessIdentity.Current;
        var record = new AttemptRecord(
            paths.Id, run.SshControlFolder, cgroup.IsReal ? paths.Id : null, self.Pid, self.StartTime, self.BootId, sealer.Seal(MaskList.Pack(run.Secrets), paths.Id));
        if (await writer.CreateAsync(paths, run, record, cgroup, cancellationToken) is not { } folder)
        {
            return;
        }

        try
        {
            await supervisors.StartAsync(folder, cancellationToken);
            for (var since = time.GetTimestamp(); folder.ReadExit() is null && time.GetElapsedTime(since) < Calm;)
            {
                await Task.Delay(Look, time, cancellationToken);
            }
        }
        finally
        {
            // Not the token: a stop must not leave a cgroup and a folder.
            await cleaner.RemoveAsync(folder, record, cgroup, CancellationToken.None);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "No rehearsal: {Reason}")]
        public static partial void Ended(ILogger logger, string reason);
    }
}
