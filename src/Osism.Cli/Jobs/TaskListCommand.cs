using System.CommandLine;
using System.Text;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Jobs;

/// <summary><c>osism task list</c></summary>
internal static class TaskListCommand
{
    /// <summary>Rows the manager gives at once at most.</summary>
    private const int LargestPage = 1000;

    internal static readonly Column[] Columns =
    [
        new("ID", job => job.Text("id"), Fixed: true),
        new("Role", job => job.TextOrNull("role") ?? job.TextOrNull("node") ?? job.Text("kind")),
        new("Environment", job => job.TextOrNull("sub") is { } sub ? $"{job.TextOrNull("environment")}.{sub}" : job.TextOrNull("environment")),
        new("Queue", job => job.Text("queue")),
        new("State", job => job.Text("state"), Fixed: true, Colour: job => JobText.Colour(JobStates.FromWireName(job.Text("state")))),
        new("Submitted", job => Times.Local(job.TimeOrNull("submitted_at")), Fixed: true),
        new("Took", job => job.TimeOrNull("ended_at") - job.TimeOrNull("started_at") is { } took ? Times.Duration(took) : "", Fixed: true),
        new("Worker", job => job.TextOrNull("worker")),
        new("Collection", job => job.TextOrNull("collection_name")),
        new("Waiting", job => JobText.Holdup(JobJson.Read(job))),
        new("Arguments", job => string.Join(' ', job.Texts("arguments"))),
    ];

    public static Command Create(CliContext cli)
    {
        var state = new Option<string>("--state") { Description = "Only these states, several with commas: queued, running, failed, lost, ...", HelpName = "STATE" };
        var status = new Option<string>("--status") { Description = "The same by its older name; 'all' is every state", HelpName = "STATE" };
        var queue = new Option<string>("--queue") { Description = "Only this queue", HelpName = "QUEUE" };
        var role = new Option<string>("--role") { Description = "Only this role", HelpName = "ROLE" };
        var collection = new Option<string>("--collection") { Description = "Only jobs of this run of a collection, by its whole id", HelpName = "RUN" };
        var host = new Option<string>("--host") { Description = "Only jobs that ran on this host", HelpName = "HOST" };
        var limit = new Option<int?>("--limit") { Description = "No more than the last N", HelpName = "N" };
        var all = new Option<bool>("--all") { Description = "Not only the live ones and the last 50" };
        var format = Listing.FormatOption();
        var command = new Command("list") { state, status, queue, role, host, collection, limit, all, format };
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var path = new StringBuilder(ApiRoutes.Jobs);
            Add(path, "state", States(parsed.GetValue(state) ?? parsed.GetValue(status)));
            Add(path, "queue", parsed.GetValue(queue));
            Add(path, "role", parsed.GetValue(role));
            Add(path, "host", parsed.GetValue(host));
            Add(path, "collection", parsed.GetValue(collection));
            var most = parsed.GetValue(limit);
            if (most < 1)
                throw new ProblemException(ErrorCodes.RequestInvalid, "--limit must be a number from 1");
            Add(path, "limit", most is { } rows ? $"{Math.Min(rows, LargestPage)}" : null);
            Add(path, "all", parsed.GetValue(all) ? "true" : null);
            Listing.Write(
                cli, path.ToString(), Columns, parsed.GetValue(format)!, most ?? (parsed.GetValue(all) ? null : 0), cancellationToken);
            return ExitCode.Success;
        });
        return command;
    }

    private static string? States(string? names)
    {
        names = names?.ToLowerInvariant();
        if (names is null or "all")
            return null;
        foreach (var name in names.Split(','))
        {
            if (JobStates.FromWireName(name) is null)
            {
                throw new ProblemException(
                    ErrorCodes.RequestInvalid,
                    $"'{name}' is no state; there are {string.Join(", ", Enum.GetValues<JobState>().Select(JobStates.ToWireName))}");
            }
        }

        return names;
    }

    private static void Add(StringBuilder path, string name, string? value)
    {
        if (value is not null)
            path.Append(path.Length == ApiRoutes.Jobs.Length ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
    }
}
