using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Ansible.Snapshots;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Ansible;

/// <summary>Composes a run from the repository it was submitted for: on the manager that took it, in place; on any other machine, from a snapshot of that.</summary>
/// <remarks>In both cases the repository counts as it is when the run starts, not as it was when the job was submitted: an error that was put right in
/// between is right, and what one job of a chain changes the next one sees.</remarks>
internal sealed class RunPlaces(
    RunComposer composer, CommandComposer commands, ConfigurationRepository repository, SnapshotPublisher publisher, SnapshotStore store, SnapshotFolders folders,
    SnapshotComposers composers, TimeProvider time)
{
    // A manager looks at its repository every 2 s while workers are elsewhere.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private readonly Composers _here = new(composer, commands);

    /// <summary>Composes a play that may start now.</summary>
    /// <param name="request">What was asked for, and of whose repository.</param>
    /// <param name="attempt">Names and places of the start.</param>
    /// <param name="notBefore">The repository is wanted as it was at this time of the database or later; null when what is known will do. A manager that does
    /// not answer within 10 s is not waited for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OsismException">As <see cref="RunComposer.ComposeAsync(RunRequest, AttemptPaths, CancellationToken)"/>, and <c>snapshot.missing</c>.</exception>
    public Task<PlacedRun> ComposeAsync(RunRequest request, AttemptPaths attempt, DateTimeOffset? notBefore, CancellationToken cancellationToken) =>
        PlaceAsync(request.Origin, notBefore, place => place.Runs.ComposeAsync(request, attempt, cancellationToken), cancellationToken);

    /// <summary>The same for a command of the repository.</summary>
    /// <inheritdoc cref="ComposeAsync(RunRequest, AttemptPaths, DateTimeOffset?, CancellationToken)"/>
    public Task<PlacedRun> ComposeAsync(CommandRequest request, AttemptPaths attempt, DateTimeOffset? notBefore, CancellationToken cancellationToken) =>
        PlaceAsync(request.Origin, notBefore, place => place.Commands.ComposeAsync(request, attempt, cancellationToken), cancellationToken);

    private async Task<PlacedRun> PlaceAsync(
        string? origin, DateTimeOffset? notBefore, Func<Composers, Task<ComposedRun>> composeAsync, CancellationToken cancellationToken)
    {
        if (origin is null || origin == publisher.Origin)
        {
            var run = await composeAsync(_here);
            return new PlacedRun(run, token => repository.DescribeAsync(run.ConfigurationHash, token));
        }

        var head = await FindHeadAsync(origin, notBefore, cancellationToken);
        var folder = await folders.UnpackAsync(head, cancellationToken);
        var placed = await composeAsync(composers.For(folder, origin));
        var state = new ConfigurationInfo(head.Commit, head.Dirty, placed.ConfigurationHash);
        return new PlacedRun(placed with { Plan = placed.Plan with { Snapshot = head.Id } }, _ => Task.FromResult(state));
    }

    private async Task<SnapshotHead> FindHeadAsync(string origin, DateTimeOffset? notBefore, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            var head = await store.FindHeadAsync(origin, cancellationToken);
            if (head is not null && (notBefore is null || head.CheckedAt >= notBefore || time.GetElapsedTime(since) >= Patience))
                return head;
            if (time.GetElapsedTime(since) >= Patience)
            {
                throw new OsismException(
                    ErrorCodes.SnapshotMissing, "the manager that took the job has not put its configuration repository into the database: does it run?");
            }

            await Task.Delay(Look, time, cancellationToken);
        }
    }
}

/// <summary>A run and where its repository is.</summary>
/// <param name="Run">What is executed.</param>
/// <param name="DescribeAsync">Commit, and whether the work tree differed from it; may start git.</param>
internal sealed record PlacedRun(ComposedRun Run, Func<CancellationToken, Task<ConfigurationInfo>> DescribeAsync);
