using System.CommandLine;
using System.Text;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Cli.Jobs;
using Osism.Contracts;
using Osism.Contracts.Recording;

namespace Osism.Cli.Recording;

/// <summary><c>osism results matrix JOB</c>: hosts by tasks.</summary>
internal static class ResultMatrixCommand
{
    public static Command Create(CliContext cli)
    {
        var job = new Argument<string>("job") { Description = "The job, or the beginning of its id" };
        var host = new Option<string[]>("--host") { Description = "Only this host; may be given several times", HelpName = "HOST" };
        var all = new Option<bool>("--all") { Description = "Every task and every host, also of a large job" };
        var format = Listing.FormatOption();
        var command = new Command("matrix") { job, host, all, format };
        command.SetAction(parsed =>
        {
            var path = new StringBuilder($"{ApiRoutes.JobResults(JobIds.Resolve(cli, parsed.GetValue(job)!, cli.Interrupts.Leave))}/matrix");
            foreach (var one in parsed.GetValue(host) ?? [])
                ResultText.Add(path, "host", one);
            using var document = JsonDocument.Parse(cli.Api.GetBytes(path.ToString(), cli.Interrupts.Leave));
            var matrix = document.RootElement;
            if (parsed.GetValue(format) is "table")
            {
                cli.Write(new MatrixText(matrix, cli.Screen, parsed.GetValue(all)).Write());
                return ExitCode.Success;
            }

            var names = matrix.List("hosts", item => item.Text("host"));
            var columns = new List<Column> { new("Play", task => task.Text("play")), new("Task", ResultText.Task), new("Status", task => task.Text("status")) };
            columns.AddRange(names.Select(name => new Column(name, task => task.GetProperty("hosts").TextOrNull(name))));
            Listing.Write(cli, [.. columns], Rows(matrix, names), parsed.GetValue(format)!);
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>A row a task, with the status of each host by its name.</summary>
    private static JsonElement[] Rows(JsonElement matrix, List<string> hosts)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartArray();
            foreach (var task in matrix.GetProperty("tasks").EnumerateArray())
            {
                json.WriteStartObject();
                json.WriteString("play", task.Text("play"));
                json.WriteString("task", task.Text("task"));
                json.WriteString("role", task.TextOrNull("role"));
                json.WriteString("status", task.Text("status"));
                json.WriteStartObject("hosts");
                var cells = task.Text("cells");
                for (var at = 0; at < hosts.Count; at++)
                    json.WriteString(hosts[at], Word(cells[at]));
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        // Not disposed: its elements live until they are written.
        return [.. JsonDocument.Parse(bytes.ToArray()).RootElement.EnumerateArray()];
    }

    private static string? Word(char cell) => cell switch
    {
        '.' => ResultStatuses.Ok,
        'C' => ResultStatuses.Changed,
        'F' => ResultStatuses.Failed,
        'I' => ResultStatuses.Ignored,
        'U' => ResultStatuses.Unreachable,
        's' => ResultStatuses.Skipped,
        ' ' => null,
        _ => "unknown",
    };
}
