using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Jobs;
using Osism.Contracts.Collections;

namespace Osism.Cli.Collections;

/// <summary>Reads collections and their runs; see <see cref="JsonFields"/>.</summary>
internal static class CollectionJson
{
    /// <exception cref="JsonException">A field that every collection has is missing.</exception>
    public static CollectionInfo Read(JsonElement json) => new()
    {
        Name = json.Text("name"),
        Description = json.TextOrNull("description"),
        Source = json.Text("source"),
        Problem = json.Object("problem", JobJson.ReadReason),
        Depth = json.IntOrNull("depth") ?? 0,
        Nodes = json.List("nodes", ReadNode),
    };

    /// <exception cref="JsonException">A field that every run has is missing.</exception>
    public static CollectionRunInfo ReadRun(JsonElement json) => new()
    {
        Id = json.Id("id"),
        Name = json.Text("name"),
        State = json.Text("state"),
        SubmittedBy = json.Text("submitted_by"),
        SubmittedAt = json.Time("submitted_at"),
        StartedAt = json.TimeOrNull("started_at"),
        EndedAt = json.TimeOrNull("ended_at"),
        DryRun = json.Flag("dry_run"),
        Version = json.TextOrNull("version") ?? "",
        Nodes = json.List("nodes", ReadRunNode),
    };

    public static CollectionNodeInfo ReadNode(JsonElement json) => new()
    {
        Name = json.Text("name"),
        After = json.Texts("after"),
        Kind = json.Text("kind"),
        Role = json.TextOrNull("role"),
        Environment = json.TextOrNull("environment"),
        Runtime = json.TextOrNull("runtime"),
        Sub = json.TextOrNull("sub"),
        Action = json.TextOrNull("action"),
        Arguments = json.Texts("arguments"),
        Problem = json.Object("problem", JobJson.ReadReason),
    };

    private static CollectionRunNodeInfo ReadRunNode(JsonElement json) => new()
    {
        Name = json.Text("name"),
        After = json.Texts("after"),
        State = json.Text("state"),
        Job = json.IdOrNull("job"),
        Kind = json.Text("kind"),
        Role = json.TextOrNull("role"),
        Environment = json.TextOrNull("environment"),
        Tries = json.IntOrNull("tries") ?? 0,
        Reason = json.Object("reason", JobJson.ReadReason),
        StartedAt = json.TimeOrNull("started_at"),
        EndedAt = json.TimeOrNull("ended_at"),
    };
}
