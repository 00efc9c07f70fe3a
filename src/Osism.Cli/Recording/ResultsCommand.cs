using System.CommandLine;
using System.Text;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Cli.Jobs;
using Osism.Contracts;
using Osism.Contracts.Recording;

namespace Osism.Cli.Recording;

/// <summary><c>osism results</c>: what tasks did on hosts.</summary>
internal static class ResultsCommand
{
    private const int DefaultLimit = 200;

    private static readonly Column Job = new("Job", result => result.TextOrNull("job"), Fixed: true);

    private static readonly Column[] Narrow =
    [
        new("Status", result => result.Text("status"), Fixed: true, Colour: result => ResultText.Colour(result.Text("status"))),
        new("Host", result => result.Text("host")),
        new("Task", ResultText.Task),
        new("Message", result => result.TextOrNull("msg") is { } message ? SafeText.Line(message) : null),
        new("Took", result => ResultText.Took(result.LongOrNull("duration_ms")), Fixed: true),
        new("ID", result => $"{result.Long("id")}", Fixed: true),
    ];

    /// <summary>What has a whole line, or a file, to itself.</summary>
    private static readonly Column[] Wide =
    [
        new("Job", result => result.TextOrNull("job")),
        new("Play", result => result.Text("play")),
        new("Role", result => result.TextOrNull("role")),
        new("Task", result => result.Text("task")),
        new("Host", result => result.Text("host")),
        new("Status", result => result.Text("status")),
        new("Changed", result => result.Flag("changed") ? "true" : "false"),
        new("Ignored", result => result.Flag("ignored") ? "true" : "false"),
        new("Started at", result => result.Text("started_at")),
        new("Duration ms", result => result.LongOrNull("duration_ms")?.ToString()),
        new("Msg", result => result.TextOrNull("msg")),
        new("ID", result => $"{result.Long("id")}"),
    ];

    public static Command Create(CliContext cli)
    {
        var job = new Option<string>("--job") { Description = "Only this job, or the beginning of its id; its results come in the order in which they happened", HelpName = "JOB" };
        var host = new Option<string[]>("--host") { Description = "Only this host; may be given several times", HelpName = "HOST" };
        var status = new Option<string[]>("--status") { Description = $"Only these: {string.Join(", ", ResultStatuses.All)}; several with commas", HelpName = "STATUS" };
        var failed = new Option<bool>("--failed") { Description = "Only what failed or was unreachable; of a job the first failure first" };
        var task = new Option<string>("--task") { Description = "Only tasks whose name holds this, whatever the case", HelpName = "TEXT" };
        var role = new Option<string>("--role") { Description = "Only tasks of this Ansible role, or jobs of this role", HelpName = "ROLE" };
        var changed = new Option<bool>("--changed") { Description = "Only what changed something" };
        var text = new Option<string>("--text") { Description = "Only results that hold this text: message, stdout, stderr, ...", HelpName = "TEXT" };
        var since = new Option<string>("--since") { Description = "Only what began then or later: 2026-01-31, 2026-01-31T08:00, or 2h, 3d for so long ago", HelpName = "TIME" };
        var until = new Option<string>("--until") { Description = "Only what began before that", HelpName = "TIME" };
        var limit = new Option<int?>("--limit") { Description = $"No more than N. Default: {DefaultLimit}", HelpName = "N" };
        var all = new Option<bool>("--all") { Description = "All of them" };
        var format = Listing.FormatOption();
        var command = new Command("results") { job, host, status, failed, task, role, changed, text, since, until, limit, all, format };
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var most = parsed.GetValue(limit);
            if (most < 1)
                throw new ProblemException(ErrorCodes.RequestInvalid, "--limit must be a number from 1");
            var path = new StringBuilder(ApiRoutes.Results).Append('?');
            var only = parsed.GetValue(job) is { } name ? JobIds.Resolve(cli, name, cancellationToken) : (Guid?)null;
            Add(path, "job", only?.ToString());
            foreach (var one in parsed.GetValue(host) ?? [])
                Add(path, "host", one);
            foreach (var one in (parsed.GetValue(status) ?? []).SelectMany(list => list.Split(',')))
                Add(path, "status", Known(one));
            if (parsed.GetValue(failed))
                Add(path, "status", $"{ResultStatuses.Failed},{ResultStatuses.Unreachable}");
            Add(path, "task", parsed.GetValue(task));
            Add(path, "role", parsed.GetValue(role));
            Add(path, "changed", parsed.GetValue(changed) ? "true" : null);
            Add(path, "text", parsed.GetValue(text));
            Add(path, "since", Moment(cli, "--since", parsed.GetValue(since)));
            Add(path, "until", Moment(cli, "--until", parsed.GetValue(until)));

            var (rows, more) = Pages.Read(
                cli, path.ToString(), parsed.GetValue(all) ? null : most ?? DefaultLimit,
                (_, count) => cli.Talk.Status($"{count} results so far"), cancellationToken);
            var form = parsed.GetValue(format)!;
            Listing.Write(cli, form == "csv" ? Wide : only is null ? [.. Narrow, Job] : Narrow, [.. rows], form);
            if (more && most is null)
                cli.Talk.Say($"there are more: --limit N or --all shows them");
            return ExitCode.Success;
        });
        return command;
    }

    private static string Known(string status) => ResultStatuses.All.Contains(status)
        ? status
        : throw new ProblemException(ErrorCodes.RequestInvalid, $"'{status}' is no status; there are {string.Join(", ", ResultStatuses.All)}");

    /// <summary>A time as people type it, for the wire.</summary>
    private static string? Moment(CliContext cli, string option, string? text)
    {
        if (text is null)
            return null;
        if (text.Length > 1 && int.TryParse(text.AsSpan(0, text.Length - 1), out var number) && number >= 0)
        {
            TimeSpan? back = text[^1] switch
            {
                's' => TimeSpan.FromSeconds(number),
                'm' => TimeSpan.FromMinutes(number),
                'h' => TimeSpan.FromHours(number),
                'd' => TimeSpan.FromDays(Math.Min(number, 100_000)),
                _ => null,
            };
            if (back is { } ago)
                return (cli.Time.GetUtcNow() - ago).ToString("O");
        }

        return DateTimeOffset.TryParse(text, null, System.Globalization.DateTimeStyles.AssumeLocal, out var time)
            ? time.ToUniversalTime().ToString("O")
            : throw new ProblemException(ErrorCodes.RequestInvalid, $"{option}: '{text}' is no time; write 2026-01-31, 2026-01-31T08:00, or 2h, 3d for so long ago");
    }

    private static void Add(StringBuilder path, string name, string? value)
    {
        if (value is not null)
            path.Append(path[^1] == '?' ? "" : "&").Append(name).Append('=').Append(Uri.EscapeDataString(value));
    }
}
