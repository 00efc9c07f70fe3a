using System.CommandLine;
using System.Text;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Cli.Jobs;
using Osism.Contracts;

namespace Osism.Cli.Recording;

/// <summary><c>osism search TEXT</c>: in the output and the results of jobs.</summary>
internal static class SearchCommand
{
    private const int DefaultLimit = 100;

    private static readonly Column[] Columns =
    [
        new("Job", hit => hit.Text("job")),
        new("Where", hit => hit.Text("where")),
        new("Line", hit => $"{hit.Long("line")}"),
        new("Offset", hit => $"{hit.Long("offset")}"),
        new("Host", hit => hit.TextOrNull("host")),
        new("Result", hit => hit.LongOrNull("result")?.ToString()),
        new("Field", hit => hit.TextOrNull("field")),
        new("Text", hit => hit.Text("text")),
    ];

    public static Command Create(CliContext cli)
    {
        var what = new Argument<string>("text") { Description = "What to look for, as it is" };
        var job = new Option<string>("--job") { Description = "Only in this job, or the beginning of its id", HelpName = "JOB" };
        var place = new Option<string>("--in") { Description = "output or results. Default: all", HelpName = "WHERE" };
        place.AcceptOnlyFromAmong("all", "output", "results");
        var ignoreCase = new Option<bool>("--ignore-case", "-i") { Description = "Whatever the case (of ASCII letters)" };
        var context = new Option<bool>("--context", "-C") { Description = "With the lines before and behind" };
        var limit = new Option<int?>("--limit") { Description = $"No more than N lines. Default: {DefaultLimit}", HelpName = "N" };
        var all = new Option<bool>("--all") { Description = "All of them" };
        var format = Listing.FormatOption("text", "table", "json", "yaml", "csv");
        var command = new Command("search") { what, job, place, ignoreCase, context, limit, all, format };
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var most = parsed.GetValue(limit);
            if (most < 1)
                throw new ProblemException(ErrorCodes.RequestInvalid, "--limit must be a number from 1");
            var text = parsed.GetValue(what)!;
            var path = new StringBuilder(ApiRoutes.Search);
            ResultText.Add(path, "q", text);
            ResultText.Add(path, "job", parsed.GetValue(job) is { } name ? JobIds.Resolve(cli, name, cancellationToken).ToString() : null);
            ResultText.Add(path, "in", parsed.GetValue(place));
            ResultText.Add(path, "ignore_case", parsed.GetValue(ignoreCase) ? "true" : null);
            var (jobs, bytes, reached) = (0L, 0L, (DateTimeOffset?)null);
            var (rows, more) = Pages.Read(
                cli, path.ToString(), parsed.GetValue(all) ? null : most ?? DefaultLimit,
                (page, count) =>
                {
                    (jobs, bytes, reached) = (jobs + page.Int("jobs"), bytes + page.Long("bytes"), page.TimeOrNull("reached") ?? reached);
                    cli.Talk.Status($"{count} lines so far; searched back to {Times.Local(reached)}");
                },
                cancellationToken);
            if (parsed.GetValue(format) == "text")
                cli.Write(Text(rows, parsed.GetValue(context), cli.Screen.Colours, text, parsed.GetValue(ignoreCase)));
            else
                Listing.Write(cli, Columns, [.. rows], parsed.GetValue(format)!);
            if (more && most is null)
                cli.Talk.Say($"searched back to {Times.Local(reached)}; there is more: --limit N or --all");
            else if (rows.Count == 0)
                cli.Talk.Say($"not found in {bytes} bytes");
            return ExitCode.Success;
        });
        return command;
    }

    private static string Text(List<JsonElement> hits, bool context, bool colours, string what, bool ignoreCase)
    {
        var text = new StringBuilder();
        Guid? job = null;
        foreach (var hit in hits)
        {
            if (hit.Id("job") != job)
            {
                text.Append(job is null ? "" : "\n");
                job = hit.Id("job");
                text.Append($"job {job}  {hit.TextOrNull("role")}  {Times.Local(hit.Time("submitted_at"))}\n");
            }

            var where = hit.Text("where") == "output"
                ? $"{hit.Long("line")}"
                : string.Join(' ', new[] { hit.LongOrNull("result")?.ToString() ?? hit.Text("where"), hit.TextOrNull("host"), hit.TextOrNull("field") }.OfType<string>().Select(SafeText.Line));
            if (context && hit.TextOrNull("before") is { } before)
                text.Append($"  {hit.Long("line") - 1}- {SafeText.Line(before)}\n");
            text.Append($"  {where}: {Marked(SafeText.Line(hit.Text("text")).Trim(), what, ignoreCase, colours)}\n");
            if (context && hit.TextOrNull("after") is { } after)
                text.Append($"  {hit.Long("line") + 1}- {SafeText.Line(after)}\n");
        }

        return text.ToString();
    }

    private static string Marked(string line, string what, bool ignoreCase, bool colours)
    {
        var at = colours ? line.IndexOf(what, ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal) : -1;
        return at < 0 ? line : $"{line[..at]}{ResultText.Paint(line.Substring(at, what.Length), Colour.Red, colours)}{line[(at + what.Length)..]}";
    }
}
