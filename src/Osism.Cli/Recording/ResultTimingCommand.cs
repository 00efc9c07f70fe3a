using System.CommandLine;
using System.Text;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Cli.Jobs;
using Osism.Contracts;

namespace Osism.Cli.Recording;

/// <summary><c>osism results timing JOB</c>: where the time went.</summary>
internal static class ResultTimingCommand
{
    private const int Few = 10;
    private static readonly string[] Parts = ["plays", "tasks", "hosts"];

    private static readonly Column[] Plays =
    [
        new("Play", play => play.Text("play")),
        new("Took", play => ResultText.Took(play.Long("elapsed_ms")), Fixed: true),
        new("Share", ResultText.Percent, Fixed: true),
        new("Tasks", play => $"{play.Int("tasks")}", Fixed: true),
        new("Results", play => $"{play.Int("results")}", Fixed: true),
    ];

    private static readonly Column[] Tasks =
    [
        new("Task", ResultText.Task),
        new("Took", task => ResultText.Took(task.Long("elapsed_ms")), Fixed: true),
        new("Share", ResultText.Percent, Fixed: true),
        new("Hosts", task => $"{task.Int("hosts")}", Fixed: true),
        new("Slowest", task => $"{task.TextOrNull("slowest_host")} {ResultText.Took(task.Long("slowest_ms"))}"),
        new("Pause before", task => task.Long("before_ms") > 0 ? ResultText.Took(task.Long("before_ms")) : ""),
    ];

    private static readonly Column[] Hosts =
    [
        new("Host", host => host.Text("host")),
        new("Worked", host => ResultText.Took(host.Long("work_ms")), Fixed: true),
        new("Share", ResultText.Percent, Fixed: true),
        new("Results", host => $"{host.Int("results")}", Fixed: true),
        new("Slowest task", host => $"{host.TextOrNull("slowest_task")} {ResultText.Took(host.Long("slowest_ms"))}"),
    ];

    public static Command Create(CliContext cli)
    {
        var job = new Argument<string>("job") { Description = "The job, or the beginning of its id" };
        var by = new Option<string>("--by") { Description = "Only plays, tasks or hosts. Default: all three, the slowest of each; for csv: tasks", HelpName = "WHAT" };
        by.AcceptOnlyFromAmong(Parts);
        var all = new Option<bool>("--all") { Description = $"Not only the slowest {Few} of each" };
        var format = Listing.FormatOption();
        var command = new Command("timing") { job, by, all, format };
        command.SetAction(parsed =>
        {
            var id = JobIds.Resolve(cli, parsed.GetValue(job)!, cli.Interrupts.Leave);
            var body = cli.Api.GetBytes($"{ApiRoutes.JobResults(id)}/timing", cli.Interrupts.Leave);
            using var document = JsonDocument.Parse(body);
            var (timing, form, only) = (document.RootElement, parsed.GetValue(format)!, parsed.GetValue(by));
            if (form is "json" or "yaml" && only is null)
                Listing.WriteObject(cli, body, form);
            else if (form is not "table")
                Listing.Write(cli, Columns(only ?? "tasks"), Listing.Items(timing, only ?? "tasks"), form);
            else
                Write(cli, timing, only, parsed.GetValue(all));
            return ExitCode.Success;
        });
        return command;
    }

    private static Column[] Columns(string name) => name switch
    {
        "plays" => Plays,
        "hosts" => Hosts,
        _ => Tasks,
    };

    private static void Write(CliContext cli, JsonElement timing, string? only, bool all)
    {
        var text = new StringBuilder();
        text.Append($"took {ResultText.Took(timing.Long("elapsed_ms"))}: no task ran for {ResultText.Took(timing.Long("between_ms"))} of it; ");
        text.Append($"the hosts together worked {ResultText.Took(timing.Long("work_ms"))}\n");
        foreach (var name in Parts.Where(name => only is null || only == name))
        {
            var rows = Listing.Items(timing, name);
            var shown = all || rows.Length <= Few ? rows : rows[..Few];
            text.Append('\n').Append(TableFormat.Write(Columns(name), shown, cli.Screen.Width, cli.Screen.Colours));
            if (shown.Length < rows.Length)
                text.Append($"{rows.Length - shown.Length} more {name} were faster; --all shows them\n");
        }

        cli.Write(text.ToString());
    }
}
