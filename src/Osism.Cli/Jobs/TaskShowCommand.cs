using System.CommandLine;
using System.Text;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Jobs;

/// <summary><c>osism task show ID</c></summary>
internal static class TaskShowCommand
{
    internal static readonly Column[] HistoryColumns =
    [
        new("Time", step => Times.Local(step.TimeOrNull("at")), Fixed: true),
        new("Event", step => step.Text("event"), Fixed: true),
        new("By", step => step.TextOrNull("actor")),
        new("Detail", step => step.TextOrNull("detail")),
    ];

    internal static readonly Column[] HostColumns =
    [
        new("Host", host => host.Text("host"), Fixed: true),
        new("Status", host => host.TextOrNull("status")),
        new("Ok", host => $"{host.IntOrNull("ok")}"),
        new("Changed", host => $"{host.IntOrNull("changed")}"),
        new("Failed", host => $"{host.IntOrNull("failed")}"),
        new("Unreachable", host => $"{host.IntOrNull("unreachable")}"),
        new("Skipped", host => $"{host.IntOrNull("skipped")}"),
        new("Rescued", host => $"{host.IntOrNull("rescued")}"),
        new("Ignored", host => $"{host.IntOrNull("ignored")}"),
    ];

    public static Command Create(CliContext cli)
    {
        var id = new Argument<string>("id") { Description = "The job, or the beginning of its id" };
        var format = Listing.FormatOption("text", "json", "yaml");
        var command = new Command("show") { id, format };
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var job = JobIds.Resolve(cli, parsed.GetValue(id)!, cancellationToken);
            var body = cli.Api.GetBytes(ApiRoutes.Job(job), cancellationToken);
            if (parsed.GetValue(format) is "json" or "yaml")
            {
                Listing.WriteObject(cli, body, parsed.GetValue(format)!);
                return ExitCode.Success;
            }

            cli.Write(Text(ApiClient.Read(body, JobJson.Read)));
            WriteTable(cli, ApiRoutes.Hosts(job), HostColumns, cancellationToken);
            WriteTable(cli, ApiRoutes.History(job), HistoryColumns, cancellationToken);
            return ExitCode.Success;
        });
        return command;
    }

    private static void WriteTable(CliContext cli, string path, Column[] columns, CancellationToken cancellationToken)
    {
        using var page = JsonDocument.Parse(cli.Api.GetBytes(path, cancellationToken));
        if (Listing.Items(page.RootElement) is not { Length: > 0 } rows)
            return;
        cli.Write("\n");
        Listing.Write(cli, columns, rows, "table");
    }

    internal static string Text(JobInfo job)
    {
        var text = new StringBuilder();
        Line(text, "id", job.Id.ToString());
        Line(text, "what", JobText.Title(job));
        Line(text, "action", job.Action);
        Line(text, "arguments", job.Arguments.Count > 0 ? string.Join(' ', job.Arguments) : null);
        Line(text, "state", job.State.ToWireName() + (job.Reason is { } reason ? $" ({reason.Code}: {reason.Message})" : ""));
        if (job.Position is not null || job.WaitingFor.Count > 0)
            Line(text, "", JobText.Waiting(job));
        Line(text, "queue", job.Queue);
        Line(text, "submitted", $"{Times.Local(job.SubmittedAt)} by {job.SubmittedBy}");
        Line(text, "started", job.StartedAt is { } started ? $"{Times.Local(started)} on {job.Worker}, attempt {job.Attempt}" : null);
        Line(text, "ended", job.EndedAt is { } ended ? Times.Local(ended) + (JobText.Took(job) is { } took ? $" after {Times.Duration(took)}" : "") : null);
        Line(text, "cancelled", job.CancelRequestedAt is { } cancelled ? $"{Times.Local(cancelled)} by {job.CancelledBy}" : null);
        Line(text, "time limit", job.TaskTimeout is { } limit ? $"{limit} s" : null);
        Line(text, "exit code", job.ExitCode?.ToString());
        Line(text, "hosts", job.Hosts is { } hosts
            ? $"{hosts.Ok} ok, {hosts.Changed} changed, {hosts.Failed} failed, {hosts.Unreachable} unreachable, {hosts.Skipped} skipped" : null);
        Line(text, "inventory", job.InventoryRevision is { } revision ? $"revision {revision}" : null);
        Line(text, "repository", job.Configuration is { Commit: { } commit } configuration ? commit + (configuration.Dirty == true ? ", dirty" : "") : null);
        Line(text, "output", $"{job.OutputBytes} bytes" + (job.OutputAt is { } sign ? $", last sign of life {Times.Local(sign)}" : ""));
        Line(text, "after", job.Parents.Count > 1 ? string.Join(" and ", job.Parents) : job.After?.ToString());
        Line(text, "repeats", job.RetryOf?.ToString());
        Line(text, "runs again", job.RerunOf?.ToString());
        Line(text, "collection", job.Collection is { } run ? $"{job.CollectionName}, node {job.Node}, run {run}" : null);
        foreach (var warning in job.Warnings)
            Line(text, "warning", $"{warning.Code}: {warning.Message}");
        return text.ToString();
    }

    private static void Line(StringBuilder text, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            text.Append(name.PadRight(12)).Append(JobText.OneLine(value)).Append('\n');
    }
}
