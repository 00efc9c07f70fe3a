using Osism.Cli.Formats;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Jobs;

/// <summary>Jobs in words.</summary>
internal static class JobText
{
    /// <summary>Role and where it runs.</summary>
    public static string Title(JobInfo job)
    {
        var where = new List<string>();
        if (job.Environment is { } environment)
            where.Add(job.Sub is { } sub ? $"{environment}.{sub}" : environment);
        where.Add(job.Runtime ?? job.Queue);
        return $"{job.Role ?? job.Node ?? job.Kind} ({string.Join(", ", where)})" + (job.DryRun ? ", dry run" : "");
    }

    /// <summary>The one line at the end of a job.</summary>
    public static string Summary(JobInfo job)
    {
        var line = $"job {job.Id} {Words(job.State)}";
        if (Took(job) is { } took)
            line += $" in {Times.Duration(took)}";
        if (job.Hosts is { } hosts)
            line += $": {hosts.Ok} ok, {hosts.Changed} changed, {hosts.Failed} failed, {hosts.Unreachable} unreachable";
        if (job.Reason is { } reason)
            line += $" ({reason.Code}: {reason.Message})";
        return OneLine(line);
    }

    /// <summary>Why it does not run yet.</summary>
    public static string Waiting(JobInfo job)
    {
        var line = job.Position is { } position ? $"waiting: position {position}" : $"waiting: {Words(job.State)}";
        foreach (var waiting in job.WaitingFor)
        {
            line += $", for {waiting.Kind} {waiting.Key}";
            if (waiting.Holder is { } holder)
                line += $" held by {holder}";
            if (waiting.Since is { } since)
                line += $" since {Times.Local(since)}";
        }

        return line;
    }

    /// <summary>The same as a cell: its place, and the first thing it waits for.</summary>
    public static string Holdup(JobInfo job)
    {
        var place = job.Position is { } position ? $"#{position}" : "";
        if (job.WaitingFor.Count == 0)
            return place;
        var first = job.WaitingFor[0];
        var others = job.WaitingFor.Count > 1 ? $" and {job.WaitingFor.Count - 1} more" : "";
        return $"{place} {first.Kind} {first.Key}{(first.Holder is { } holder ? $": {holder}" : "")}{others}".TrimStart();
    }

    /// <summary>What it does now.</summary>
    public static string Doing(JobInfo job) => job.State switch
    {
        JobState.Queued => Waiting(job),
        _ when job.Worker is { } worker => $"{Words(job.State)} on {worker}" + (job.Reason is { } reason ? $" ({reason.Code}: {reason.Message})" : ""),
        _ => Words(job.State),
    };

    /// <summary>How long it ran; null when it never began or has not ended.</summary>
    public static TimeSpan? Took(JobInfo job) => job.EndedAt - job.StartedAt;

    public static Colour Colour(JobState? state) => state switch
    {
        JobState.Succeeded => Formats.Colour.Green,
        JobState.Queued or JobState.Starting or JobState.Running => Formats.Colour.Cyan,
        JobState.Cancelled or JobState.Disconnected => Formats.Colour.Yellow,
        null => Formats.Colour.None,
        _ => Formats.Colour.Red,
    };

    /// <summary>What a command that waited for it ends with. A failure whose reason has an exit code of its own has that one.</summary>
    public static int ToExitCode(JobInfo job) => ToExitCode(job.State, job.Reason);

    /// <inheritdoc cref="ToExitCode(JobInfo)"/>
    public static int ToExitCode(JobState state, ReasonInfo? reason) =>
        state == JobState.Failed && reason is not null && ErrorCodes.All.TryGetValue(reason.Code, out var code) && code.ExitCode != ExitCode.Success
            ? code.ExitCode
            : state.ToExitCode();

    /// <summary>Text of others, such as a reason, as part of a line.</summary>
    public static string OneLine(string text) => text.Contains('\n', StringComparison.Ordinal) ? text.ReplaceLineEndings(" ") : text;

    private static string Words(JobState state) => state.ToWireName().Replace('_', ' ');
}
