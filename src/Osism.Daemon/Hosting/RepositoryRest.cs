using System.Globalization;
using Osism.Contracts;
using Osism.Daemon.Configuration.Sync;
using Osism.Daemon.Jobs;
using Osism.Daemon.Locks;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Hosting;

/// <summary>Tells a sync of the repository which runs of this machine read it, and keeps new ones from starting for a moment.</summary>
internal static class RepositoryRest
{
    private const string Owner = "configuration sync";

    // A sync that dies takes its lock with it after this time; one that lives needs a second.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    public static RunsAtRest Of(IServiceProvider services)
    {
        var workers = services.GetRequiredService<WorkerRegistry>();
        var locks = services.GetRequiredService<LockStore>();
        var home = services.GetRequiredService<OsismHome>();
        return new RunsAtRest(
            async cancellationToken => [.. (await workers.HeldAsync(cancellationToken)).Where(IsHere).Select(held => Describe(held.Job))],
            cancellationToken => HoldAsync(locks, cancellationToken));

        // Workers on other machines run from snapshots of the repository.
        bool IsHere(HeldJob held) => held.Job.Kind != JobKinds.Noop && (held.Holder.Machine is null || held.Holder.Machine == File.ReadAllText(home.MachineFile).Trim());
    }

    private static string Describe(Job job)
    {
        var since = job.StartedAt is { } started ? string.Create(CultureInfo.InvariantCulture, $" since {started.UtcDateTime:HH:mm:ss} UTC") : "";
        return $"{job.Environment}/{job.Role} ({job.Id}){since}";
    }

    private static async Task<IAsyncDisposable> HoldAsync(LockStore locks, CancellationToken cancellationToken)
    {
        try
        {
            return new Held(locks, (await locks.PlaceAsync(new LockScope(null, null, null), Owner, Owner, "the configuration repository is being brought up to date", null, Longest, cancellationToken)).Id);
        }
        catch (OsismException e) when (e.Code == ErrorCodes.LockHeld)
        {
            // Somebody keeps all runs from starting anyway.
            return new Held(locks, null);
        }
    }

    private sealed class Held(LockStore locks, Guid? id) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            // Not cancelled: the lock has to go whoever has left.
            if (id is { } mine)
                await locks.ReleaseAsync((mine, null), Owner, force: true, CancellationToken.None);
        }
    }
}
