using System.CommandLine;
using System.Text;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Cli.Jobs;
using Osism.Contracts;

namespace Osism.Cli.Recording;

/// <summary><c>osism results compare JOB1 JOB2</c>: what differs between two runs.</summary>
internal static class ResultCompareCommand
{
    private static readonly Column[] Results =
    [
        new("Before", result => result.TextOrNull("before") ?? "-", Fixed: true, Colour: result => ResultText.Colour(result.TextOrNull("before") ?? "")),
        new("After", result => result.TextOrNull("after") ?? "-", Fixed: true, Colour: result => ResultText.Colour(result.TextOrNull("after") ?? "")),
        new("Host", result => result.Text("host")),
        new("Task", result => result.Text("task")),
        new("Message", result => result.TextOrNull("msg") is { } message ? SafeText.Line(message) : null),
        new("Result", result => $"{result.Long("result")}", Fixed: true),
    ];

    private static readonly Column[] Times =
    [
        new("Task", task => task.Text("task")),
        new("Before", task => ResultText.Took(task.Long("before_ms")), Fixed: true),
        new("After", task => ResultText.Took(task.Long("after_ms")), Fixed: true),
    ];

    public static Command Create(CliContext cli)
    {
        var before = new Argument<string>("job1") { Description = "The earlier job, or the beginning of its id" };
        var after = new Argument<string>("job2") { Description = "The later one" };
        var format = Listing.FormatOption();
        var command = new Command("compare") { before, after, format };
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var one = JobIds.Resolve(cli, parsed.GetValue(before)!, cancellationToken);
            var other = JobIds.Resolve(cli, parsed.GetValue(after)!, cancellationToken);
            var body = cli.Api.GetBytes($"{ApiRoutes.JobResults(other)}/compare?with={one}", cancellationToken);
            using var document = JsonDocument.Parse(body);
            if (parsed.GetValue(format) is "json" or "yaml")
                Listing.WriteObject(cli, body, parsed.GetValue(format)!);
            else if (parsed.GetValue(format) == "csv")
                Listing.Write(cli, Results, Listing.Items(document.RootElement, "results"), "csv");
            else
                cli.Write(Text(cli, document.RootElement));
            return ExitCode.Success;
        });
        return command;
    }

    private static string Text(CliContext cli, JsonElement comparison)
    {
        var text = new StringBuilder();
        var (before, after) = (comparison.GetProperty("before"), comparison.GetProperty("after"));
        Job("before", before);
        Job("after", after);
        if (before.TextOrNull("role") != after.TextOrNull("role"))
            text.Append("the jobs are of different roles\n");
        var results = Listing.Items(comparison, "results");
        text.Append($"{comparison.Int("same")} results are as before, {results.Length + comparison.Int("left")} are not\n");
        Names("new tasks", "new_tasks");
        Names("gone tasks", "gone_tasks");
        Names("new hosts", "new_hosts");
        Names("gone hosts", "gone_hosts");
        if (results.Length > 0)
            text.Append('\n').Append(TableFormat.Write(Results, results, cli.Screen.Width, cli.Screen.Colours));
        if (comparison.Int("left") is > 0 and var left)
            text.Append($"{left} more differences\n");
        if (Listing.Items(comparison, "times") is { Length: > 0 } times)
            text.Append('\n').Append(TableFormat.Write(Times, times, cli.Screen.Width, cli.Screen.Colours));
        return text.ToString();

        void Job(string name, JsonElement job) => text.Append(
            $"{name,-8}{job.Id("job")}  {job.TextOrNull("role")}  {Formats.Times.Local(job.Time("submitted_at"))}  {job.Text("state")}, {ResultText.Took(job.Long("elapsed_ms"))}, {job.Int("results")} results\n");

        void Names(string title, string name)
        {
            const int Most = 10;
            var names = comparison.Texts(name).ConvertAll(SafeText.Line);
            if (names.Count > 0)
                text.Append($"{title}: {string.Join(", ", names.Take(Most))}{(names.Count > Most ? $" and {names.Count - Most} more" : "")}\n");
        }
    }
}
