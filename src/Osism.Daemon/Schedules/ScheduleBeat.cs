using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;

namespace Osism.Daemon.Schedules;

/// <summary>The role <c>beat</c>: decides what is due. Any number of processes may play it on one database; each occurrence is decided by one of them.</summary>
/// <remarks>Time is the database's. Between two looks it sleeps until the next occurrence, and never longer than <see cref="ScheduleOptions.Poll"/>.</remarks>
internal sealed partial class ScheduleBeat(
    ScheduleBook book, ScheduleStore store, ScheduleTargets targets, IOptions<ScheduleOptions> options, ScheduleMetrics metrics, TimeProvider time, ILogger<ScheduleBeat> log)
    : BackgroundService
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Forgetting = TimeSpan.FromHours(1);

    private string? _kept = "";
    private string _told = "";
    private bool _away;
    private long _forgot = long.MinValue;

    /// <summary>One look at everything.</summary>
    /// <returns>How long nothing is due.</returns>
    public async Task<TimeSpan> TickAsync(CancellationToken cancellationToken)
    {
        var set = await book.CurrentAsync(cancellationToken);
        Tell(set.Problems);
        if (set.Problems.Count == 0 && set.Text != _kept)
        {
            await store.KeepFileAsync(set.Text, cancellationToken);
            await store.EndOthersAsync([.. set.Definitions.Select(definition => definition.Name)], cancellationToken);
            _kept = set.Text;
        }

        var (now, states, waiting) = await store.LookAsync(cancellationToken);
        var pause = options.Value.Poll;
        foreach (var definition in set.Definitions)
        {
            var state = states.GetValueOrDefault(definition.Name);
            var active = ScheduleState.IsActive(definition, state);
            if (state is null || state.Active != active || state.Rhythm != definition.RhythmKey)
            {
                await store.BeginAsync(definition, active, cancellationToken);
                pause = TimeSpan.Zero;
            }
            else if (active)
            {
                var next = await DecideAsync(definition, state, now, waiting.Contains(definition.Name), cancellationToken);
                pause = next is { } at && at - now < pause ? at - now : pause;
            }
        }

        await ForgetAsync(cancellationToken);
        metrics.Ticked(time.GetTimestamp());
        return pause < Shortest ? Shortest : pause;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var pause = options.Value.Poll;
            try
            {
                pause = await TickAsync(stoppingToken);
                if (_away)
                {
                    _away = false;
                    LogBack();
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (DatabaseErrors.Explain(e) is { } reason)
            {
                if (!_away)
                {
                    _away = true;
                    LogAway(reason.Message);
                }
            }
            catch (Exception e)
            {
                LogFailed(e);
            }

            try
            {
                await Task.Delay(pause, time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <returns>When the schedule is to be looked at again; null when never.</returns>
    private async Task<DateTimeOffset?> DecideAsync(
        ScheduleDefinition definition, ScheduleState state, DateTimeOffset now, bool waiting, CancellationToken cancellationToken)
    {
        if (state.DecidedUntil > now)
        {
            await store.RewindAsync(state, cancellationToken);
            return now;
        }

        if (waiting && !await store.IsRunningAsync(definition.Name, cancellationToken)
            && (await SubmitAsync(definition, (drafts, refusal) => store.ReleaseAsync(definition, drafts, refusal, cancellationToken), cancellationToken)).Result)
        {
            metrics.Decided(Outcomes.Submitted);
        }

        foreach (var occurrence in Due.Find(definition, state.DecidedUntil, now, options.Value.MisfireAfter))
        {
            var (decision, refusal) = occurrence.Fire
                ? await SubmitAsync(
                    definition, (drafts, refusal) => store.DecideAsync(definition, state, occurrence, drafts, refusal, cancellationToken), cancellationToken)
                : (await store.DecideAsync(definition, state, occurrence, null, null, cancellationToken), null);
            switch (decision)
            {
                case Decision.Elsewhere:
                    return now;
                case Decision.Submitted:
                    metrics.Decided(Outcomes.Submitted);
                    LogSubmitted(definition.Name, occurrence.At);
                    break;
                case Decision.Done:
                    metrics.Decided(Outcomes.Done);
                    break;
                case Decision.LeftOut when refusal is not null:
                    metrics.Decided(Outcomes.Refused);
                    LogRefused(definition.Name, occurrence.At, refusal);
                    break;
                case Decision.LeftOut:
                    metrics.Decided(occurrence.Fire ? Outcomes.Overlap : Outcomes.Missed);
                    LogLeftOut(definition.Name, occurrence.At, occurrence.Detail ?? "the run before it has not ended");
                    break;
                case Decision.Before:
                    break;
            }

            state = state with { DecidedUntil = occurrence.At };
        }

        return Due.Next(definition, state.DecidedUntil);
    }

    /// <summary>Stores the jobs of an occurrence with it, or why they are refused.</summary>
    private async Task<(T Result, string? Refusal)> SubmitAsync<T>(
        ScheduleDefinition definition, Func<ScheduledJobs?, string?, Task<T>> store, CancellationToken cancellationToken)
    {
        try
        {
            return (await store(await targets.DraftAsync(definition.Work, $"schedule/{definition.Name}", cancellationToken), null), null);
        }
        catch (OsismException e) when (e.Code != ErrorCodes.DatabaseAway && e.Code != ErrorCodes.DatabaseDiskFull)
        {
            var refusal = $"{e.Code.Code}: {e.Message}";
            return (await store(null, refusal), refusal);
        }
    }

    private void Tell(IReadOnlyList<ScheduleProblem> problems)
    {
        var told = string.Join('\n', problems);
        if (told == _told)
        {
            return;
        }

        _told = told;
        foreach (var problem in problems)
        {
            LogProblem(problem.Line is { } line ? $"{problem.File}, line {line}" : problem.File, problem.Message);
        }

        if (problems.Count == 0)
        {
            LogSound();
        }
    }

    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        if (_forgot != long.MinValue && time.GetElapsedTime(_forgot) < Forgetting)
        {
            return;
        }

        while (await store.ForgetAsync(options.Value.KeepHistory, cancellationToken) > 0)
        {
            // The rest.
        }

        _forgot = time.GetTimestamp();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Schedule {Schedule}: the run of {At:u} is submitted")]
    private partial void LogSubmitted(string schedule, DateTimeOffset at);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Schedule {Schedule}: {At:u} is refused: {Reason}")]
    private partial void LogRefused(string schedule, DateTimeOffset at, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Schedule {Schedule}: {At:u} does not run now: {Reason}")]
    private partial void LogLeftOut(string schedule, DateTimeOffset at, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Place}: {Reason}; the schedules of before stay in force")]
    private partial void LogProblem(string place, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The file of schedules is sound again")]
    private partial void LogSound();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Schedules wait for the database: {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Schedules go on")]
    private partial void LogBack();

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking at the schedules failed; it is tried again")]
    private partial void LogFailed(Exception exception);
}
