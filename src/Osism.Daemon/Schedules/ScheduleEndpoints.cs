using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Contracts.Schedules;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Http;

namespace Osism.Daemon.Schedules;

/// <summary><c>/v1/schedules</c>: look at schedules, run, pause and resume them.</summary>
internal static class ScheduleEndpoints
{
    private const int LargestLimit = 1000;

    public static void MapSchedules(this IEndpointRouteBuilder app)
    {
        var schedules = app.MapGroup(ApiRoutes.Schedules).WithTags("schedules");
        schedules.MapGet("/", ListAsync).WithSummary("Schedules, and what is wrong with their file");
        schedules.MapGet("/{name}", GetAsync).WithSummary("One schedule");
        schedules.MapGet("/{name}/next", NextAsync).WithSummary("Its occurrences to come");
        schedules.MapGet("/{name}/history", HistoryAsync).WithSummary("Its decided occurrences, newest first");
        schedules.MapPost("/{name}/run", RunAsync).WithSummary("Run it now, whatever it waits for");
        schedules.MapPost("/{name}/pause", PauseAsync).WithSummary("Let its occurrences pass until it is resumed");
        schedules.MapPost("/{name}/resume", ResumeAsync).WithSummary("Let it count from now on");
    }

    private static async Task<Ok<SchedulePage>> ListAsync(ScheduleBook book, ScheduleStore store, CancellationToken cancellationToken)
    {
        var set = await book.CurrentAsync(cancellationToken);
        return TypedResults.Ok(new SchedulePage(
            await DescribeAsync(set.Definitions, store, cancellationToken), null,
            [.. set.Problems.Select(problem => new ScheduleProblemInfo(problem.File, problem.Line, problem.Message))]));
    }

    private static async Task<Ok<ScheduleInfo>> GetAsync(string name, ScheduleBook book, ScheduleStore store, CancellationToken cancellationToken) =>
        TypedResults.Ok(await DescribeAsync(await FindAsync(book, name, cancellationToken), store, cancellationToken));

    private static async Task<Ok<Page<ScheduleTimeInfo>>> NextAsync(
        string name, ScheduleBook book, ScheduleStore store, CancellationToken cancellationToken, int n = 5)
    {
        if (n is < 1 or > LargestLimit)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"n is {n}: it must be 1 to {LargestLimit}");
        }

        var definition = await FindAsync(book, name, cancellationToken);
        var (now, states, _) = await store.LookAsync(cancellationToken);
        var times = new List<ScheduleTimeInfo>();
        if (ScheduleState.IsActive(definition, states.GetValueOrDefault(name)))
        {
            var at = now;
            while (times.Count < n && definition.Rhythm.Next(at) is { } next)
            {
                at = next;
                times.Add(new ScheduleTimeInfo(Local(definition, at), Local(definition, at + Due.Delay(definition, at))));
            }
        }

        return TypedResults.Ok(new Page<ScheduleTimeInfo>(times, null));
    }

    private static async Task<Ok<Page<ScheduleOccurrenceInfo>>> HistoryAsync(
        string name, ScheduleBook book, ScheduleStore store, CancellationToken cancellationToken,
        int limit = 50, [FromQuery(Name = ApiRoutes.CursorParameter)] string? cursor = null)
    {
        if (limit is < 1 or > LargestLimit)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"limit is {limit}: it must be 1 to {LargestLimit}");
        }

        DateTimeOffset? before = cursor is null ? null
            : long.TryParse(cursor, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var ticks) && ticks is >= 0 and < 3_155_378_976_000_000_000
                ? new DateTimeOffset(ticks, TimeSpan.Zero)
                : throw new OsismException(ErrorCodes.RequestInvalid, $"{ApiRoutes.CursorParameter} is not the next of a page of this list");
        var rows = await store.HistoryAsync(name, before, limit, cancellationToken);
        if (rows.Count == 0)
        {
            // Of one that was removed the history stays.
            await FindAsync(book, name, cancellationToken);
        }

        return TypedResults.Ok(new Page<ScheduleOccurrenceInfo>(
            [.. rows.Select(Describe)], rows.Count == limit ? rows[^1].At.UtcTicks.ToString(CultureInfo.InvariantCulture) : null));
    }

    private static async Task<Accepted<ScheduleOccurrenceInfo>> RunAsync(
        string name, HttpContext context, ScheduleBook book, ScheduleStore store, ScheduleTargets targets, CancellationToken cancellationToken)
    {
        var definition = await FindAsync(book, name, cancellationToken);
        if (definition.Unavailable is { } reason)
        {
            throw new OsismException(ErrorCodes.ScheduleUnavailable, $"the schedule {name} cannot run: {reason}");
        }

        var by = Caller.Of(context);
        var drafts = await targets.DraftAsync(definition.Work, by, cancellationToken);
        var occurrence = await store.RunAsync(definition, drafts, by, cancellationToken);
        return TypedResults.Accepted(occurrence.JobId is { } job ? ApiRoutes.Job(job) : ApiRoutes.ScheduleHistory(name, 1), Describe(occurrence));
    }

    private static Task<Ok<ScheduleInfo>> PauseAsync(
        string name, HttpContext context, ScheduleBook book, ScheduleStore store, CancellationToken cancellationToken, PauseSchedule? pause = null) =>
        SetAsync(name, paused: true, pause?.Reason, context, book, store, cancellationToken);

    private static Task<Ok<ScheduleInfo>> ResumeAsync(
        string name, HttpContext context, ScheduleBook book, ScheduleStore store, CancellationToken cancellationToken) =>
        SetAsync(name, paused: false, null, context, book, store, cancellationToken);

    private static async Task<Ok<ScheduleInfo>> SetAsync(
        string name, bool paused, string? reason, HttpContext context, ScheduleBook book, ScheduleStore store, CancellationToken cancellationToken)
    {
        var definition = await FindAsync(book, name, cancellationToken);
        await store.PauseAsync(definition, paused, Caller.Of(context), reason, cancellationToken);
        return TypedResults.Ok(await DescribeAsync(definition, store, cancellationToken));
    }

    private static async Task<ScheduleDefinition> FindAsync(ScheduleBook book, string name, CancellationToken cancellationToken)
    {
        var set = await book.CurrentAsync(cancellationToken);
        if (set.Find(name) is { } definition)
        {
            return definition;
        }

        var nearest = NearestNames.Find(name, [.. set.Definitions.Select(known => known.Name)]);
        var hint = nearest.Count == 0 ? "'osism schedule list' shows those there are" : $"did you mean {string.Join(", ", nearest)}?";
        throw new OsismException(ErrorCodes.ScheduleUnknown, $"there is no schedule '{name}'; {hint}") { Nearest = nearest };
    }

    private static async Task<ScheduleInfo> DescribeAsync(ScheduleDefinition definition, ScheduleStore store, CancellationToken cancellationToken) =>
        (await DescribeAsync([definition], store, cancellationToken))[0];

    private static async Task<IReadOnlyList<ScheduleInfo>> DescribeAsync(
        IReadOnlyList<ScheduleDefinition> definitions, ScheduleStore store, CancellationToken cancellationToken)
    {
        var (now, states, _) = await store.LookAsync(cancellationToken);
        var latest = await store.LatestAsync([.. definitions.Select(definition => definition.Name)], cancellationToken);
        return [.. definitions.Select(definition => Describe(definition, states.GetValueOrDefault(definition.Name), latest.GetValueOrDefault(definition.Name), now))];
    }

    private static ScheduleInfo Describe(ScheduleDefinition definition, ScheduleState? state, OccurrenceRow? last, DateTimeOffset now)
    {
        var paused = ScheduleState.IsPaused(definition, state);
        var byHand = state?.Paused is not null;
        return new ScheduleInfo
        {
            Name = definition.Name,
            State = definition.Unavailable is not null ? "unavailable" : paused ? "paused" : "active",
            Reason = definition.Unavailable ?? (paused ? byHand ? state!.PauseReason : $"{definition.Source}, line {definition.Line}" : null),
            Cron = definition.Cron,
            Every = definition.Every is { } every ? Durations.Format(every) : null,
            Timezone = definition.Zone.Id,
            Role = definition.Work.Role,
            Collection = definition.Work.Collection,
            Environment = definition.Work.Environment,
            Sub = definition.Work.Sub,
            Action = definition.Work.Action,
            Arguments = definition.Work.Arguments,
            DryRun = definition.Work.DryRun,
            Misfire = definition.Misfire.ToString().ToLowerInvariant(),
            Overlap = definition.Overlap.ToString().ToLowerInvariant(),
            Jitter = Durations.Format(definition.Jitter),
            Paused = paused,
            PausedBy = byHand ? state!.PausedBy : null,
            PausedAt = byHand ? state!.PausedAt : null,
            Source = definition.Source,
            Line = definition.Line,
            Next = ScheduleState.IsActive(definition, state) && definition.Rhythm.Next(now) is { } next ? Local(definition, next) : null,
            Last = last is null ? null : Describe(last),
        };
    }

    private static ScheduleOccurrenceInfo Describe(OccurrenceRow row) => new(
        row.At, row.Cause, row.Outcome, row.JobId, row.JobState is { } state ? ((JobState)state).ToWireName() : null, row.Detail, row.DecidedAt, row.DecidedBy);

    private static DateTimeOffset Local(ScheduleDefinition definition, DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, definition.Zone);
}
