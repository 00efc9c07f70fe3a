using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Contracts.Runs;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Http;

namespace Osism.Daemon.Jobs;

/// <summary><c>/v1/jobs</c>: submit jobs, look at them and end them.</summary>
internal static class JobEndpoints
{
    private const int DefaultLimit = 50;
    private const int LargestLimit = 1000;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    public static void MapJobs(this IEndpointRouteBuilder app)
    {
        var jobs = app.MapGroup(ApiRoutes.Jobs).WithTags("jobs");
        jobs.MapPost("/", SubmitAsync).WithSummary("Submit a job").WithMetadata(SubmissionKey.Header);
        jobs.MapPost("/chain", SubmitChainAsync).WithSummary("Submit jobs that follow each other").WithMetadata(SubmissionKey.Header);
        jobs.MapGet("/", ListAsync).WithSummary("Jobs, newest first");
        jobs.MapGet("/{id:guid}", GetAsync).WithSummary("One job; with wait=SECONDS answers when it has ended");
        jobs.MapGet("/{id:guid}/hosts", HostsAsync).WithSummary("What the recap says of each host");
        jobs.MapGet("/{id:guid}/history", HistoryAsync).WithSummary("The life of a job");
        jobs.MapGet("/{id:guid}/plan", PlanAsync).WithSummary("What was executed; null while nothing was").Produces<RunPlanInfo>();
        jobs.MapPost("/{id:guid}/cancel", CancelAsync).WithSummary("End a job");
        jobs.MapPost("/{id:guid}/rerun", RerunAsync).WithSummary("Run a job again, all of it or only where it failed");
        jobs.MapPost("/{id:guid}/forget", ForgetAsync).WithSummary("Give a job up that cannot be reached or would not die");
        app.MapPost(ApiRoutes.Explain, ExplainAsync).WithTags("runs").WithSummary("What would be executed");
    }

    private static async Task<Created<JobInfo>> SubmitAsync(
        SubmitJob request, HttpContext context, JobSubmission submission, JobQueries queries, CancellationToken cancellationToken)
    {
        // The last one: that which gathers its facts comes before it.
        var job = (await submission.SubmitAsync([request], Caller.Of(context), SubmissionKey.Of(context, request), cancellationToken))[^1];
        return TypedResults.Created(ApiRoutes.Job(job.Id), (await queries.DescribeAsync([job], cancellationToken))[0]);
    }

    private static async Task<Created<Page<JobInfo>>> SubmitChainAsync(
        SubmitChain request, HttpContext context, JobSubmission submission, JobQueries queries, CancellationToken cancellationToken)
    {
        var jobs = await submission.SubmitAsync(request.Jobs, Caller.Of(context), SubmissionKey.Of(context, request), cancellationToken);
        return TypedResults.Created(ApiRoutes.Jobs, new Page<JobInfo>(await queries.DescribeAsync(jobs, cancellationToken), null));
    }

    private static async Task<Ok<Page<JobInfo>>> ListAsync(
        JobQueries queries, CancellationToken cancellationToken,
        string? state = null, string? queue = null, string? role = null, string? host = null, Guid? retry_of = null, Guid? collection = null, int limit = DefaultLimit,
        bool all = false, [FromQuery(Name = ApiRoutes.CursorParameter)] string? cursor = null)
    {
        var states = state?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(name => (short)(JobStates.FromWireName(name) ?? throw new OsismException(
                ErrorCodes.RequestInvalid, $"there is no state '{name}': use {string.Join(", ", Enum.GetValues<JobState>().Select(s => s.ToWireName()))}")))
            .ToArray();
        if (limit is < 1 or > LargestLimit)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"limit is {limit}: it must be 1 to {LargestLimit}");
        }

        long? before = cursor is null ? null
            : long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq
            : throw new OsismException(ErrorCodes.RequestInvalid, $"{ApiRoutes.CursorParameter} is not the next of a page of this list");
        var filter = new JobFilter(limit)
        {
            States = states,
            Queue = queue,
            Role = role,
            Host = host,
            RetryOf = retry_of,
            Collection = collection,
            Before = before,
            LiveFirst = !all && before is null && states is null or { Length: 0 },
        };
        var (jobs, next) = await queries.ListAsync(filter, cancellationToken);
        return TypedResults.Ok(new Page<JobInfo>(jobs, next?.ToString(CultureInfo.InvariantCulture)));
    }

    private static async Task<Ok<JobInfo>> GetAsync(
        Guid id, JobQueries queries, JobSignals signals, TimeProvider time, CancellationToken cancellationToken, double wait = 0)
    {
        var patience = LongPoll.Patience(wait);
        using var watch = signals.WatchJob(id);
        var since = time.GetTimestamp();
        while (true)
        {
            var changed = watch.Next;
            var job = await queries.FindAsync(id, cancellationToken) ?? throw NoSuchJob(id);
            var left = patience - time.GetElapsedTime(since);
            if (job.State.IsTerminal() || left <= TimeSpan.Zero)
            {
                return TypedResults.Ok(job);
            }

            await Task.WhenAny(changed, Task.Delay(left < Poll ? left : Poll, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static async Task<Ok<Page<JobHostInfo>>> HostsAsync(Guid id, JobQueries queries, CancellationToken cancellationToken)
    {
        _ = await queries.FindAsync(id, cancellationToken) ?? throw NoSuchJob(id);
        return TypedResults.Ok(new Page<JobHostInfo>(await queries.HostsAsync(id, cancellationToken), null));
    }

    private static async Task<Ok<Page<JobHistoryInfo>>> HistoryAsync(Guid id, JobQueries queries, CancellationToken cancellationToken)
    {
        _ = await queries.FindAsync(id, cancellationToken) ?? throw NoSuchJob(id);
        return TypedResults.Ok(new Page<JobHistoryInfo>(await queries.HistoryAsync(id, cancellationToken), null));
    }

    private static async Task<ContentHttpResult> PlanAsync(Guid id, JobQueries queries, CancellationToken cancellationToken)
    {
        _ = await queries.FindAsync(id, cancellationToken) ?? throw NoSuchJob(id);
        return TypedResults.Content(await queries.PlanAsync(id, cancellationToken) ?? "null", "application/json");
    }

    private static async Task<Accepted<JobInfo>> CancelAsync(
        Guid id, HttpContext context, JobStore store, JobQueries queries, CancellationToken cancellationToken)
    {
        var by = Caller.Of(context);
        try
        {
            // A queued job ends here; a claimed one is ended by its worker, which is told by the same commit.
            var job = await store.ChangeAsync(id, null, by, (j, at) => j.Cancel(by, at), cancellationToken);
            return TypedResults.Accepted(ApiRoutes.Job(id), (await queries.DescribeAsync([job!], cancellationToken))[0]);
        }
        catch (JobStateException e)
        {
            throw new OsismException(ErrorCodes.JobWrongState, $"job {id} has already ended ({e.From.ToWireName()}): there is nothing to revoke", e);
        }
    }

    private static async Task<Created<JobInfo>> RerunAsync(
        Guid id, RerunJob request, HttpContext context, JobSubmission submission, JobQueries queries, CancellationToken cancellationToken)
    {
        var job = await submission.RerunAsync(id, request, Caller.Of(context), cancellationToken);
        return TypedResults.Created(ApiRoutes.Job(job.Id), (await queries.DescribeAsync([job], cancellationToken))[0]);
    }

    private static async Task<Ok<JobInfo>> ForgetAsync(
        Guid id, ForgetJob request, HttpContext context, JobStore store, JobQueries queries, CancellationToken cancellationToken)
    {
        if (!request.Force)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"job {id} may still be at work: forgetting it gives its locks to others; say so with force");
        }

        var by = Caller.Of(context);
        try
        {
            var job = await store.ChangeAsync(id, null, by, (j, at) => j.Forget(by, at), cancellationToken);
            return TypedResults.Ok((await queries.DescribeAsync([job!], cancellationToken))[0]);
        }
        catch (JobStateException e)
        {
            throw new OsismException(
                ErrorCodes.JobWrongState, $"job {id} is {e.From.ToWireName()}: only one that is disconnected or cancel_failed can be forgotten", e);
        }
    }

    private static async Task<Ok<RunPlanInfo>> ExplainAsync(SubmitJob request, JobSubmission submission, CancellationToken cancellationToken) =>
        TypedResults.Ok((await submission.ExplainAsync(request, cancellationToken)).Plan);

    private static OsismException NoSuchJob(Guid id) => new(ErrorCodes.JobNotFound, $"there is no job {id}");
}
