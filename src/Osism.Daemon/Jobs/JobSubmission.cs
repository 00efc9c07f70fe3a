using System.Text.Json;
using Microsoft.Extensions.Options;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Contracts.Runs;
using Osism.Daemon.Ansible;
using Osism.Daemon.Ansible.Snapshots;
using Osism.Daemon.Facts;
using Osism.Daemon.Locks;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Jobs;

/// <summary>Turns what somebody asks for into stored jobs, after everything that can be checked was checked.</summary>
internal sealed class JobSubmission(
    RunComposer composer, CommandComposer commands, SnapshotPublisher snapshots, WorkerRegistry workers, JobStore store, JobQueries queries, LockPolicies policies,
    LockStore locks, HostSets hosts, LimitScopes scopes, IOptions<LimitOptions> limitOptions, StaleFacts stale, CollectionNames collections, OsismHome home)
{
    private const int MostRetries = 100;
    private const int LongestChain = 1000;

    /// <summary>Accepts all or none; each job comes after the one before it unless it names another. Where the policy says so, a job that gathers facts comes before one that needs them.</summary>
    /// <param name="requests">What is asked for.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="key">What the client calls the submission: the jobs of an earlier one of that name are returned instead of new ones.</param>
    /// <param name="cancellationToken">Gives up before anything is stored.</param>
    /// <exception cref="OsismException">A request cannot be run as it stands: unknown role, lock, missing file, vault ...; or <c>request.key_reused</c>.</exception>
    public async Task<IReadOnlyList<Job>> SubmitAsync(
        IReadOnlyList<SubmitJob> requests, string by, SubmissionKey? key, CancellationToken cancellationToken)
    {
        // Before everything else: what was accepted then might be refused now.
        if (key is not null && await store.FindSubmittedAsync(key, cancellationToken) is { } earlier)
        {
            return earlier;
        }

        if (requests is not { Count: > 0 and <= LongestChain } || requests.Any(request => request is null))
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"a chain holds 1 to {LongestChain} jobs, this one {requests?.Count ?? 0}");
        }

        var drafts = new List<Job>(requests.Count);
        foreach (var request in requests)
        {
            RequireRole(request);
            var draft = await DraftOneAsync(request, by, isRefreshed: true, cancellationToken);
            if (await RefreshAsync(draft, drafts, by, cancellationToken) is { } refresh)
            {
                drafts.Add(Following(refresh with { Parents = draft.Parents }, drafts));
                draft = draft with { Parents = [refresh.Id] };
            }

            drafts.Add(Following(draft, drafts));
        }

        try
        {
            return await store.SubmitAsync(drafts, key, cancellationToken);
        }
        catch (PostgresException e) when (key is not null && JobStore.IsRepeated(e))
        {
            // The other one of the same key was faster.
            return (await store.FindSubmittedAsync(key, cancellationToken))!;
        }
    }

    /// <summary>Accepts drafts of <see cref="DraftAsync"/>, all or none, as the graph that their <see cref="Job.Parents"/> make, in any order.</summary>
    /// <exception cref="OsismException">A parent does not exist, or drafts wait for each other.</exception>
    public async Task<IReadOnlyList<Job>> StoreAsync(IReadOnlyList<Job> drafts, CancellationToken cancellationToken) =>
        await store.SubmitAsync(drafts, cancellationToken);

    /// <summary>Runs a job again as a new one, whose record names it.</summary>
    /// <exception cref="OsismException">There is no such job, it has not ended, no host of it failed, or it cannot be run as things stand.</exception>
    public async Task<Job> RerunAsync(Guid id, RerunJob request, string by, CancellationToken cancellationToken)
    {
        var job = await store.FindAsync(id, cancellationToken) ?? throw new OsismException(ErrorCodes.JobNotFound, $"there is no job {id}");
        if (!job.IsTerminal)
        {
            throw new OsismException(ErrorCodes.JobWrongState, $"job {id} is {job.State.ToWireName()}: it can be run again when it has ended");
        }

        if (request.StartAtTask is { } task && (string.IsNullOrWhiteSpace(task) || task.StartsWith('-')))
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"'{task}' cannot be the name of a task to start at");
        }

        var more = new List<string>();
        if (request.Failed)
        {
            // The last limit counts for Ansible.
            more.AddRange(["-l", string.Join(',', await FailedHostsAsync(job, cancellationToken))]);
        }

        if (request.StartAtTask is not null)
        {
            more.AddRange(["--start-at-task", request.StartAtTask]);
        }

        var asked = new SubmitJob { Kind = job.Kind, Queue = job.Queue, Retry = request.Retry, TaskTimeout = request.TaskTimeout ?? job.TaskTimeout };
        if (job.Kind != JobKinds.Ansible)
        {
            if (more.Count > 0)
            {
                throw new OsismException(ErrorCodes.JobWrongState, $"job {id} is of kind {job.Kind}: it has neither hosts nor tasks");
            }

            var limits = DraftOf(asked, by);
            var again = job.Again(limits.Id, by) with { RetriesLeft = limits.RetriesLeft, TaskTimeout = limits.TaskTimeout };
            return (await StoreAsync([again], cancellationToken))[0];
        }

        var run = JsonSerializer.Deserialize(job.Request, JobsJson.Default.RunRequest)!;
        var draft = await DraftAsync(
            asked with
            {
                Queue = null,
                Role = run.Role,
                Environment = run.Environment,
                Overwrite = run.Overwrite,
                Sub = run.Sub,
                Action = run.Action,
                Arguments = [.. run.Arguments, .. more],
                DryRun = run.DryRun,
                // Its limit was accepted once; of a rerun of what failed the other hosts had their turn.
                LimitPolicy = LimitPolicies.Allow,
            },
            by, cancellationToken);
        return (await StoreAsync([draft with { RerunOf = id }], cancellationToken))[0];
    }

    /// <summary>What would be executed.</summary>
    /// <exception cref="OsismException">The request cannot be run as it stands.</exception>
    public async Task<ComposedRun> ExplainAsync(SubmitJob request, CancellationToken cancellationToken)
    {
        var asked = ToRun(RequireRole(request));
        var run = await composer.ExplainAsync(asked, cancellationToken);
        if (await scopes.FindAsync(run, cancellationToken) is { } narrow)
        {
            var isWidened = limitOptions.Value.Of(request.LimitPolicy) == LimitPolicy.Widen;
            run = isWidened ? await composer.ExplainAsync(asked with { Arguments = [.. asked.Arguments, .. NarrowLimit.All] }, cancellationToken) : run;
            run = run with { Plan = run.Plan with { Warnings = [.. run.Plan.Warnings, isWidened ? narrow.ToWidening() : narrow.ToWarning()] } };
        }

        var held = await locks.CoveringAsync(
            run.Route.Environment, run.Route.Sub, run.Route.Plays, await hosts.TouchedAsync(run.Route.Arguments, cancellationToken), cancellationToken);
        run = run with
        {
            Plan = run.Plan with
            {
                Locks = [.. run.Plan.Locks, .. held.Select(one => new RunLockInfo(one.Scope, "", Held: true) { Holder = one.Owner, Reason = one.Reason })],
            },
        };
        if (!snapshots.IsNeeded)
        {
            return run;
        }

        // What is shown is what this machine would execute. Elsewhere only the folders are others.
        var serving = (await workers.ListAsync(cancellationToken)).Where(worker => worker.TakesJobs && worker.Queues.Contains(run.Route.Queue, StringComparer.Ordinal)).ToList();
        var elsewhere = serving.Where(worker => worker.Machine != snapshots.Origin).Select(worker => worker.Name).Distinct(StringComparer.Ordinal).ToList();
        if (elsewhere.Count == 0)
        {
            return run;
        }

        var may = elsewhere.Count == serving.Select(worker => worker.Name).Distinct(StringComparer.Ordinal).Count() ? "runs" : "may run";
        var where = new ReasonInfo(
            "run.elsewhere", $"it {may} on {string.Join(", ", elsewhere)}: there its paths lead into cache/repository of that OSISM_HOME; 'osism task show' tells where it did");
        return run with { Plan = run.Plan with { Warnings = [.. run.Plan.Warnings, where] } };
    }

    /// <summary>A job as it would be stored: with an id of its own, checked, and not stored. Others may name it as their parent.</summary>
    /// <exception cref="OsismException">The request cannot be run as it stands.</exception>
    public Task<Job> DraftAsync(SubmitJob request, string by, CancellationToken cancellationToken) => DraftOneAsync(request, by, isRefreshed: false, cancellationToken);

    private async Task<Job> DraftOneAsync(SubmitJob request, string by, bool isRefreshed, CancellationToken cancellationToken)
    {
        var draft = DraftOf(request, by);
        return draft.Kind switch
        {
            JobKinds.Noop => draft with { Queue = Known(request.Queue ?? "conductor"), Idempotent = true, Tiny = true, Touches = [] },
            JobKinds.Ansible => await ComposedAsync(draft, request, isRefreshed, cancellationToken),
            _ => throw new OsismException(
                ErrorCodes.RequestInvalid, $"there is no kind of job '{draft.Kind}': use {JobKinds.Ansible} or {JobKinds.Noop}"),
        };
    }

    /// <summary>A command as it would be stored, like <see cref="DraftAsync"/>. The command comes from the configuration repository: no request can bring one.</summary>
    /// <param name="command">The command.</param>
    /// <param name="request">Repetitions, limit and parents.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OsismException">It cannot be run as it stands.</exception>
    public async Task<Job> DraftCommandAsync(CommandRequest command, SubmitJob request, string by, CancellationToken cancellationToken)
    {
        var composed = await commands.ComposeAsync(command, AttemptPaths.Nil(home), cancellationToken);
        List<ReasonInfo> warnings = [.. composed.Plan.Warnings];
        return DraftOf(request, by) with
        {
            Kind = JobKinds.Command,
            Queue = composed.Route.Queue,
            Environment = command.Environment,
            Runtime = composed.Route.Runtime,
            Touches = null,
            Arguments = [.. command.Argv],
            Request = JsonSerializer.Serialize(command with { Origin = await PublishAsync(warnings, cancellationToken) }, JobsJson.Default.CommandRequest),
            Warnings = JsonSerializer.Serialize(warnings, JobsJson.Default.ListReasonInfo),
        };
    }

    /// <summary>Work of this manager on itself as it would be stored: only its own schedules ask for that.</summary>
    /// <param name="words">What stands behind <c>osism manager</c>.</param>
    /// <param name="by">Who asks.</param>
    public Job DraftManagerWork(IReadOnlyList<string> words, string by) => DraftOf(new SubmitJob { Kind = JobKinds.Manager }, by) with
    {
        Queue = ManagerCommandComposer.Queue,
        Runtime = ManagerCommandComposer.Runtime,
        // As what it is listed, and what people are told of when it fails.
        Role = words[0],
        Environment = ManagerCommandComposer.Runtime,
        Touches = [],
        Arguments = [ManagerCommandComposer.Runtime, .. words],
        Request = JsonSerializer.Serialize(new ManagerRequest(words, snapshots.Origin), JobsJson.Default.ManagerRequest),
    };

    /// <summary>Whose repository the run is composed from, once others can have it too.</summary>
    private async Task<string?> PublishAsync(List<ReasonInfo> warnings, CancellationToken cancellationToken)
    {
        try
        {
            return await snapshots.PublishAsync(cancellationToken);
        }
        catch (OsismException e)
        {
            // Here it can run all the same.
            warnings.Add(new ReasonInfo(e.Code.Code, $"workers on other machines have an older state: {e.Message}"));
            return snapshots.Origin;
        }
    }

    private static Job DraftOf(SubmitJob request, string by)
    {
        if (request.Retry is < 0 or > MostRetries)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"retry is {request.Retry}: it must be 0 to {MostRetries}");
        }

        if (request.Arguments.Any(argument => argument is null))
        {
            throw new OsismException(ErrorCodes.RequestInvalid, "arguments must be strings, not null");
        }

        if (request.TaskTimeout is <= 0)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"task_timeout is {request.TaskTimeout}: it must be at least 1 second, or absent for no limit");
        }

        return new Job
        {
            Id = Guid.CreateVersion7(),
            Kind = request.Kind ?? JobKinds.Ansible,
            SubmittedBy = by,
            Parents = request.After is { } after ? [after, .. request.Parents] : request.Parents,
            RetriesLeft = request.Retry,
            TaskTimeout = request.TaskTimeout,
            DryRun = request.DryRun,
        };
    }

    private SubmitJob RequireRole(SubmitJob request) => request is { Kind: null or JobKinds.Ansible, Role: { } role } && collections(role)
        ? throw new OsismException(ErrorCodes.RoleIsCollection, $"{role} is a collection: POST it to {ApiRoutes.CollectionRuns}; 'osism apply {role}' does so")
        : request;

    private static Job Following(Job draft, List<Job> before) => before.Count == 0 || draft.HasParents ? draft : draft with { After = before[^1].Id };

    /// <summary>The job that has to come before a draft because its hosts' facts are old; null when there is none, or when one of the chain gathers them anyway.</summary>
    private async Task<Job?> RefreshAsync(Job draft, List<Job> before, string by, CancellationToken cancellationToken)
    {
        if (stale.Policy != FactsPolicy.Refresh || draft.Kind != JobKinds.Ansible || draft.DryRun || before.Exists(job => StaleFacts.Gathers(job.Plays))
            || !stale.Concerns(draft.Plays) || await stale.FindAsync(HostSets.Limit(draft.Arguments), cancellationToken) is not { } old)
        {
            return null;
        }

        var gather = new SubmitJob { Role = "gather-facts", Environment = "generic", Arguments = ["-l", string.Join(',', old.Hosts)] };
        return await DraftOneAsync(gather, by, isRefreshed: true, cancellationToken);
    }

    private async Task<Job> ComposedAsync(Job draft, SubmitJob request, bool isRefreshed, CancellationToken cancellationToken)
    {
        var run = ToRun(request);
        var composed = await composer.ComposeAsync(run, AttemptPaths.Nil(home), cancellationToken);
        List<ReasonInfo> warnings = [.. composed.Plan.Warnings];
        if (await scopes.FindAsync(composed, cancellationToken) is { } narrow)
        {
            var policy = limitOptions.Value.Of(request.LimitPolicy);
            if (policy == LimitPolicy.Refuse && !narrow.IsHarmless && !run.DryRun)
                throw narrow.ToRefusal();
            warnings.Add(policy == LimitPolicy.Widen ? narrow.ToWidening() : narrow.ToWarning());
            if (policy == LimitPolicy.Widen)
            {
                run = run with { Arguments = [.. run.Arguments, .. NarrowLimit.All] };
                composed = await composer.ComposeAsync(run, AttemptPaths.Nil(home), cancellationToken);
            }
        }

        var route = composed.Route;
        var wishes = run.DryRun ? [] : policies.WishesOf(route.Environment, route.Sub, route.Plays);
        await CheckFactsAsync(route, isRefreshed && !run.DryRun, warnings, cancellationToken);
        run = run with { Origin = await PublishAsync(warnings, cancellationToken) };
        return draft with
        {
            Plays = [.. route.Plays],
            Touches = await hosts.TouchedAsync(route.Arguments, cancellationToken),
            LockWishes = wishes,
            LockKeys = [.. wishes.Select(wish => wish.Key)],
            Queue = composed.Route.Queue,
            Role = run.Role,
            Environment = composed.Route.Environment,
            Sub = composed.Route.Sub,
            Action = composed.Route.Action,
            Runtime = composed.Route.Runtime,
            Arguments = [.. run.Arguments],
            Request = JsonSerializer.Serialize(run, JobsJson.Default.RunRequest),
            Idempotent = composed.Route.Idempotent,
            Warnings = JsonSerializer.Serialize(warnings, JobsJson.Default.ListReasonInfo),
        };
    }

    /// <param name="isRefreshed">Whether who calls sees to it that old facts are gathered first where the policy says so.</param>
    private async Task CheckFactsAsync(RunRoute route, bool isRefreshed, List<ReasonInfo> warnings, CancellationToken cancellationToken)
    {
        if (!stale.Concerns(route.Plays) || (isRefreshed && stale.Policy == FactsPolicy.Refresh) || await stale.FindAsync(HostSets.Limit(route.Arguments), cancellationToken) is not { } old)
            return;
        if (stale.Policy == FactsPolicy.Refuse)
            throw old.ToRefusal();
        warnings.Add(old.ToWarning());
    }

    private async Task<IEnumerable<string>> FailedHostsAsync(Job job, CancellationToken cancellationToken)
    {
        var recap = await queries.HostsAsync(job.Id, cancellationToken);
        if (recap.Count == 0)
        {
            throw new OsismException(ErrorCodes.JobWrongState, $"job {job.Id} left no recap, so it is not known which hosts failed: run it again without --failed");
        }

        var failed = recap.Where(host => host.Failed > 0 || host.Unreachable > 0).Select(host => host.Host).ToList();
        return failed.Count > 0
            ? failed
            : throw new OsismException(ErrorCodes.JobWrongState, $"no host of job {job.Id} failed or was unreachable: there is nothing to run again");
    }

    private static string Known(string queue) => WorkerQueues.All.Contains(queue, StringComparer.Ordinal)
        ? queue
        : throw new OsismException(ErrorCodes.RequestInvalid, $"there is no queue '{queue}': use {string.Join(", ", WorkerQueues.All)}");

    private static RunRequest ToRun(SubmitJob request) =>
        new(request.Role is { Length: > 0 } role ? role : throw new OsismException(ErrorCodes.RequestInvalid, "role is missing"))
        {
            Environment = request.Environment,
            Overwrite = request.Overwrite,
            Sub = request.Sub,
            Action = request.Action,
            Arguments = request.Arguments,
            DryRun = request.DryRun,
        };
}

/// <summary>Whether a name is that of a collection, and therefore none of a role.</summary>
internal delegate bool CollectionNames(string name);
