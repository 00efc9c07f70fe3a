using System.Text.Json;
using Osism.Cli.Api;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Jobs;

/// <summary>Reads and writes jobs; see <see cref="JsonFields"/>.</summary>
internal static class JobJson
{
    /// <exception cref="JsonException">A field that every job has is missing.</exception>
    public static JobInfo Read(JsonElement json) => new()
    {
        Id = json.Id("id"),
        Seq = json.Long("seq"),
        State = ReadState(json),
        Reason = json.Object("reason", ReadReason),
        Kind = json.Text("kind"),
        Role = json.TextOrNull("role"),
        Environment = json.TextOrNull("environment"),
        Sub = json.TextOrNull("sub"),
        Action = json.TextOrNull("action"),
        Runtime = json.TextOrNull("runtime"),
        Queue = json.Text("queue"),
        Arguments = json.Texts("arguments"),
        SubmittedBy = json.Text("submitted_by"),
        SubmittedAt = json.Time("submitted_at"),
        StartedAt = json.TimeOrNull("started_at"),
        EndedAt = json.TimeOrNull("ended_at"),
        Worker = json.TextOrNull("worker"),
        Attempt = json.Int("attempt"),
        ExitCode = json.IntOrNull("exit_code"),
        Position = json.IntOrNull("position"),
        WaitingFor = json.List("waiting_for", ReadWaiting),
        Hosts = json.Object("hosts", ReadCounts),
        InventoryRevision = json.LongOrNull("inventory_revision"),
        Configuration = json.Object("configuration", ReadConfiguration),
        OutputAt = json.TimeOrNull("output_at"),
        OutputBytes = json.LongOrNull("output_bytes") ?? 0,
        OutputSha256 = json.TextOrNull("output_sha256"),
        SpoolSha256 = json.TextOrNull("spool_sha256"),
        After = json.IdOrNull("after"),
        Parents = [.. json.Texts("parents").Select(Guid.Parse)],
        RetryOf = json.IdOrNull("retry_of"),
        RerunOf = json.IdOrNull("rerun_of"),
        RetriesLeft = json.IntOrNull("retries_left") ?? 0,
        Collection = json.IdOrNull("collection"),
        CollectionName = json.TextOrNull("collection_name"),
        Node = json.TextOrNull("node"),
        TaskTimeout = json.IntOrNull("task_timeout"),
        DryRun = json.Flag("dry_run"),
        CancelledBy = json.TextOrNull("cancelled_by"),
        CancelRequestedAt = json.TimeOrNull("cancel_requested_at"),
        Warnings = json.List("warnings", ReadReason),
    };

    public static ReasonInfo ReadReason(JsonElement json) => new(json.Text("code"), json.Text("message"));

    public static void Write(Utf8JsonWriter json, SubmitJob job)
    {
        json.WriteStartObject();
        json.WriteString("role", job.Role);
        json.WriteString("kind", job.Kind);
        json.WriteString("environment", job.Environment);
        json.WriteString("overwrite", job.Overwrite);
        json.WriteString("sub", job.Sub);
        json.WriteString("action", job.Action);
        json.WriteStartArray("arguments");
        foreach (var argument in job.Arguments)
            json.WriteStringValue(argument);
        json.WriteEndArray();
        WriteId(json, "after", job.After);
        json.WriteStartArray("parents");
        foreach (var parent in job.Parents)
            json.WriteStringValue(parent);
        json.WriteEndArray();
        json.WriteNumber("retry", job.Retry);
        if (job.TaskTimeout is { } timeout)
            json.WriteNumber("task_timeout", timeout);
        else
            json.WriteNull("task_timeout");
        json.WriteBoolean("dry_run", job.DryRun);
        json.WriteString("limit_policy", job.LimitPolicy);
        json.WriteString("queue", job.Queue);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, SubmitChain chain)
    {
        json.WriteStartObject();
        json.WriteStartArray("jobs");
        foreach (var job in chain.Jobs)
            Write(json, job);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, RerunJob rerun)
    {
        json.WriteStartObject();
        json.WriteBoolean("failed", rerun.Failed);
        json.WriteString("start_at_task", rerun.StartAtTask);
        json.WriteNumber("retry", rerun.Retry);
        if (rerun.TaskTimeout is { } timeout)
            json.WriteNumber("task_timeout", timeout);
        else
            json.WriteNull("task_timeout");
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, ForgetJob forget)
    {
        json.WriteStartObject();
        json.WriteBoolean("force", forget.Force);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, CancelJob cancel)
    {
        json.WriteStartObject();
        json.WriteString("reason", cancel.Reason);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, PruneJobs prune)
    {
        json.WriteStartObject();
        json.WriteBoolean("dry_run", prune.DryRun);
        json.WriteEndObject();
    }

    // A state of a newer manager is none of ours, and certainly not the end: waiting goes on.
    private static JobState ReadState(JsonElement json) => JobStates.FromWireName(json.Text("state")) ?? JobState.Running;

    private static WaitingInfo ReadWaiting(JsonElement json) =>
        new(json.Text("kind"), json.Text("key"), json.TextOrNull("holder"), json.TimeOrNull("since"));

    private static HostCounts ReadCounts(JsonElement json) =>
        new(json.Int("ok"), json.Int("changed"), json.Int("failed"), json.Int("unreachable"), json.Int("skipped"));

    private static ConfigurationInfo ReadConfiguration(JsonElement json) =>
        new(json.TextOrNull("commit"), json.FlagOrNull("dirty"), json.TextOrNull("hash"));

    private static void WriteId(Utf8JsonWriter json, string name, Guid? id)
    {
        if (id is { } value)
            json.WriteString(name, value);
        else
            json.WriteNull(name);
    }
}
