using Osism.Contracts;
using Osism.Contracts.Locks;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Locks;

/// <summary>What people do with locks: set them, take them away, look at all there are.</summary>
internal sealed class LockDesk(LockStore store, HostSets hosts, ConfigurationRepository repository, RepositoryLocks files, RunRouter router)
{
    /// <exception cref="OsismException">The lock is on nothing there is, is held by somebody else, or its end is over.</exception>
    public async Task<LockInfo> PlaceAsync(PlaceLock request, string by, CancellationToken cancellationToken)
    {
        if (request is { Until: not null, Seconds: not null })
        {
            throw new OsismException(ErrorCodes.RequestInvalid, "until and seconds say the same: give one of them");
        }

        if (request.Seconds is <= 0)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"seconds is {request.Seconds}: a lock lasts at least one");
        }

        if (request.User is { } user && string.IsNullOrWhiteSpace(user))
        {
            throw new OsismException(ErrorCodes.RequestInvalid, "the user is empty: a lock has an owner");
        }

        var scope = await ScopeAsync(request.Environment, request.Role, request.Hosts, cancellationToken);
        var placed = await store.PlaceAsync(
            scope, request.User?.Trim() ?? by, by, string.IsNullOrWhiteSpace(request.Reason) ? null : request.Reason.Trim(), request.Until,
            request.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null, cancellationToken);
        return placed.ToInfo();
    }

    /// <summary>Takes the lock of a scope away, if there is one.</summary>
    /// <exception cref="OsismException">It is somebody else's and not forced, or the scope is on nothing there is.</exception>
    public async Task<ReleasedLocks> ReleaseAsync(
        string? environment, string? role, string? pattern, string by, bool force, CancellationToken cancellationToken)
    {
        var scope = await ScopeAsync(environment, role, pattern, cancellationToken);
        return await store.ReleaseAsync((null, scope.Text), by, force, cancellationToken) is { } released
            ? new ReleasedLocks([released.ToInfo()])
            : new ReleasedLocks([]);
    }

    /// <exception cref="OsismException">There is no such lock (<c>lock.not_found</c>), or it is somebody else's and not forced.</exception>
    public async Task<ReleasedLocks> ReleaseAsync(Guid id, string by, bool force, CancellationToken cancellationToken) =>
        await store.ReleaseAsync((id, null), by, force, cancellationToken) is { } released
            ? new ReleasedLocks([released.ToInfo()])
            : throw new OsismException(ErrorCodes.LockNotFound, $"there is no lock {id}: 'osism lock status' lists them");

    /// <summary>All locks from all sources; with a scope those that hold a run of it.</summary>
    public async Task<IReadOnlyList<LockInfo>> ListAsync(string? environment, string? role, string? pattern, CancellationToken cancellationToken)
    {
        var scope = await ScopeAsync(environment, role, pattern, cancellationToken);
        var operators = (await store.ListAsync(cancellationToken)).Where(held => Meets(held, scope)).Select(held => held.ToInfo());
        var repositories = (await FilesAsync(cancellationToken)).Where(held => scope.Environment is null || held.Scope == LockScope.Everything || held.Scope == $"environment/{scope.Environment}");
        var jobs = (await store.ListKeysAsync(cancellationToken)).Where(held => scope is { Environment: null, Role: null } || held.Scope.StartsWith(
            scope.Role is null ? $"{scope.Environment}/" : $"{scope.Environment}/{scope.Role}", StringComparison.Ordinal));
        return [.. operators, .. repositories, .. jobs];
    }

    /// <summary>Whether a lock and a scope have anything in common.</summary>
    private static bool Meets(OperatorLock held, LockScope scope) =>
        (held.Environment is null || scope.Environment is null || held.Environment == scope.Environment)
        && (held.Role is null || scope.Role is null || held.Role == scope.Role)
        && (held.Hosts is null || scope.Hosts is null || held.Hosts.Intersect(scope.Hosts, StringComparer.Ordinal).Any());

    private async Task<List<LockInfo>> FilesAsync(CancellationToken cancellationToken)
    {
        // Without its folder every environment would be looked for below the root.
        var places = repository.ListEnvironments().SelectMany(environment => files.Places(environment, null)).DistinctBy(place => place.Path, StringComparer.Ordinal);
        var found = new List<LockInfo>();
        foreach (var place in places)
        {
            if (await files.FindAsync(place, cancellationToken) is { } held)
            {
                found.Add(new LockInfo(
                    repository.Relative(place.Path), held.Scope, held.Owner, held.Reason, held.Since, null, LockInfo.FromRepository, null));
            }
        }

        return found;
    }

    /// <exception cref="OsismException">There is no such environment, role or host, or nothing is left of the hosts.</exception>
    private async Task<LockScope> ScopeAsync(string? environment, string? role, string? pattern, CancellationToken cancellationToken)
    {
        if (environment is "" || role is "" || pattern is "")
        {
            throw new OsismException(ErrorCodes.RequestInvalid, "environment, role and hosts must not be empty: leave one out to lock all of it");
        }

        if (role is not null)
        {
            var route = router.Route(new RunRequest(role) { Environment = environment });
            if (route.Plays.Count > 1)
            {
                throw new OsismException(ErrorCodes.RequestInvalid, $"{role} is a list: a lock is on one role");
            }

            (environment, role) = (route.Sub is null ? route.Environment : $"{route.Environment}.{route.Sub}", route.Role);
        }

        if (environment is not null)
        {
            repository.Require();
            if (!repository.ListEnvironments().Contains(environment, StringComparer.Ordinal))
            {
                throw RunRouter.MissingEnvironment(repository, environment);
            }
        }

        return new LockScope(environment, role, pattern is null ? null : await HostsAsync(pattern, cancellationToken));
    }

    private async Task<string[]> HostsAsync(string pattern, CancellationToken cancellationToken)
    {
        var names = await hosts.NamesAsync(cancellationToken);
        return names.Resolve(pattern) switch
        {
            null => throw new OsismException(ErrorCodes.RequestInvalid, $"'{pattern}' is not made of names of hosts and groups, with * and commas"),
            [] => throw new OsismException(ErrorCodes.HostUnknown, $"no host of the inventory matches '{pattern}': the lock would be on nothing"),
            var found => found,
        };
    }
}
