using System.CommandLine;
using System.Text;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Cli.Jobs;
using Osism.Contracts;

namespace Osism.Cli.Recording;

/// <summary><c>osism results diff JOB</c>: what changed in files.</summary>
internal static class ResultDiffCommand
{
    private static readonly Column[] Columns =
    [
        new("Host", diff => diff.Text("host")),
        new("File", diff => diff.Text("file")),
        new("Task", diff => diff.Text("task")),
        new("Result", diff => $"{diff.Long("result")}"),
        new("Note", diff => diff.TextOrNull("note")),
        new("Diff", diff => diff.Text("diff")),
    ];

    public static Command Create(CliContext cli)
    {
        var job = new Argument<string>("job") { Description = "The job, or the beginning of its id" };
        var host = new Option<string[]>("--host") { Description = "Only this host; may be given several times", HelpName = "HOST" };
        var file = new Option<string>("--file") { Description = "Only files whose name holds this", HelpName = "TEXT" };
        var format = Listing.FormatOption("diff", "json", "yaml", "csv");
        var command = new Command("diff") { job, host, file, format };
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var path = new StringBuilder($"{ApiRoutes.JobResults(JobIds.Resolve(cli, parsed.GetValue(job)!, cancellationToken))}/diffs?");
            foreach (var one in parsed.GetValue(host) ?? [])
                ResultText.Add(path, "host", one);
            ResultText.Add(path, "file", parsed.GetValue(file));
            var (rows, _) = Pages.Read(cli, path.ToString(), null, (_, count) => cli.Talk.Status($"{count} files so far"), cancellationToken);
            if (parsed.GetValue(format) != "diff")
                Listing.Write(cli, Columns, [.. rows], parsed.GetValue(format)!);
            else if (rows.Count == 0)
                cli.Talk.Say("no task said what it changed in files: Ansible does with -D, and modules that can");
            foreach (var row in parsed.GetValue(format) == "diff" ? rows : [])
                cli.Write(Text(row, cli.Screen.Colours));
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>Lines before a diff's <c>---</c> are comments to <c>patch</c>.</summary>
    private static string Text(JsonElement diff, bool colours)
    {
        var text = new StringBuilder($"# {SafeText.Line(diff.Text("host"))}: {SafeText.Line(diff.Text("file"))} ({SafeText.Line(diff.Text("task"))}, result {diff.Long("result")})\n");
        if (diff.TextOrNull("note") is { } note)
            text.Append($"# {SafeText.Line(note)}\n");
        foreach (var line in SafeText.Lines(diff.Text("diff")).TrimEnd('\n').Split('\n'))
        {
            var colour = line.Length == 0 ? Colour.None : line[0] switch
            {
                '+' => Colour.Green,
                '-' => Colour.Red,
                '@' => Colour.Cyan,
                _ => Colour.None,
            };
            text.Append(ResultText.Paint(line, colour, colours)).Append('\n');
        }

        return text.Append('\n').ToString();
    }
}
