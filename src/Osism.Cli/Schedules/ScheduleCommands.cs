using System.CommandLine;
using System.Text;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Cli.Jobs;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Contracts.Schedules;

namespace Osism.Cli.Schedules;

/// <summary><c>osism schedule list|show|next|history|run|pause|resume</c></summary>
internal static class ScheduleCommands
{
    internal static readonly Column[] Columns =
    [
        new("Name", schedule => schedule.Text("name"), Fixed: true),
        new("When", When),
        new("Timezone", schedule => schedule.TextOrNull("timezone")),
        new("Runs", schedule => schedule.TextOrNull("role") ?? schedule.TextOrNull("collection")),
        new("State", schedule => schedule.Text("state"), Fixed: true, Colour: schedule => Of(schedule.Text("state"))),
        new("Next", schedule => Times.Local(schedule.TimeOrNull("next")), Fixed: true),
        new("Last", schedule => schedule.Object("last", Last)),
        new("Source", Source),
    ];

    internal static readonly Column[] NextColumns =
    [
        new("At", time => Wall(time.TimeOrNull("at")), Fixed: true),
        new("Starts", time => Times.Local(time.TimeOrNull("starts")), Fixed: true),
    ];

    internal static readonly Column[] HistoryColumns =
    [
        new("At", row => Times.Local(row.TimeOrNull("at")), Fixed: true),
        new("Cause", row => row.TextOrNull("cause")),
        new("Outcome", row => row.Text("outcome"), Fixed: true, Colour: row => OfOutcome(row.Text("outcome"))),
        new("Job", row => row.TextOrNull("job"), Fixed: true),
        new("State", row => row.TextOrNull("state"), Fixed: true, Colour: row => JobText.Colour(JobStates.FromWireName(row.TextOrNull("state") ?? ""))),
        new("By", row => row.TextOrNull("by")),
        new("Detail", row => row.TextOrNull("detail")),
    ];

    public static Command CreateList(CliContext cli)
    {
        var format = Listing.FormatOption();
        var command = new Command("list", "A file of schedules that is not sound changes nothing; what is wrong with it is said on stderr.") { format };
        command.SetAction(parsed =>
        {
            using var page = JsonDocument.Parse(cli.Api.GetBytes(ApiRoutes.Schedules, cli.Interrupts.Leave));
            foreach (var problem in page.RootElement.List("problems", ScheduleJson.ReadProblem))
            {
                var place = problem.Line is { } line ? $"{problem.File}, line {line}" : problem.File;
                cli.Talk.Write($"warning: {place}: {problem.Message}; the schedules of before stay in force");
            }

            Listing.Write(cli, Columns, Listing.Items(page.RootElement), parsed.GetValue(format)!);
            return ExitCode.Success;
        });
        return command;
    }

    public static Command CreateShow(CliContext cli)
    {
        var name = Name();
        var format = Listing.FormatOption("text", "json", "yaml");
        var command = new Command("show") { name, format };
        command.SetAction(parsed =>
        {
            var body = cli.Api.GetBytes(ApiRoutes.Schedule(parsed.GetValue(name)!), cli.Interrupts.Leave);
            if (parsed.GetValue(format) is "json" or "yaml")
            {
                Listing.WriteObject(cli, body, parsed.GetValue(format)!);
                return ExitCode.Success;
            }

            using var schedule = JsonDocument.Parse(body);
            cli.Write(Text(schedule.RootElement));
            return ExitCode.Success;
        });
        return command;
    }

    public static Command CreateNext(CliContext cli)
    {
        var name = Name();
        var count = new Option<int>("--number", "-n") { Description = "How many. Default: 5", HelpName = "N", DefaultValueFactory = _ => 5 };
        var format = Listing.FormatOption();
        var command = new Command("next", "Times are those of the schedule's time zone; 'starts' is local time, with the jitter.") { name, count, format };
        command.SetAction(parsed =>
        {
            Listing.Write(
                cli, ApiRoutes.ScheduleNext(parsed.GetValue(name)!, parsed.GetValue(count)), NextColumns, parsed.GetValue(format)!, limit: 0, cli.Interrupts.Leave);
            return ExitCode.Success;
        });
        return command;
    }

    public static Command CreateHistory(CliContext cli)
    {
        var name = Name();
        var limit = new Option<int>("--limit") { Description = "No more than the last N. Default: 50", HelpName = "N", DefaultValueFactory = _ => 50 };
        var format = Listing.FormatOption();
        var command = new Command("history") { name, limit, format };
        command.SetAction(parsed =>
        {
            var most = parsed.GetValue(limit);
            Listing.Write(
                cli, ApiRoutes.ScheduleHistory(parsed.GetValue(name)!, Math.Min(most, 1000)), HistoryColumns, parsed.GetValue(format)!, most, cli.Interrupts.Leave);
            return ExitCode.Success;
        });
        return command;
    }

    public static Command CreateRun(CliContext cli)
    {
        var name = Name();
        var format = Listing.LogFormatOption();
        var command = new Command("run", "Does not wait: 'osism wait ID' does. A look at the inventory makes no job; it ends with 10 when the sources are broken.") { name, format };
        command.SetAction(parsed =>
        {
            var schedule = parsed.GetValue(name)!;
            var body = cli.Api.Send("POST", ApiRoutes.ScheduleRun(schedule), static json => WriteEmpty(json), cli.Interrupts.Leave);
            using var occurrence = JsonDocument.Parse(body);
            var job = occurrence.RootElement.TextOrNull("job");
            if (parsed.GetValue(format) == "script")
            {
                cli.WriteLine(job ?? "");
            }
            else if (job is null)
            {
                cli.WriteLine($"schedule {schedule} is {occurrence.RootElement.Text("outcome")}: {occurrence.RootElement.TextOrNull("detail")}");
                return occurrence.RootElement.Text("outcome") == "failed" ? ExitCode.Configuration : ExitCode.Success;
            }
            else
            {
                cli.WriteLine($"schedule {schedule} is job {job}");
            }

            return ExitCode.Success;
        });
        return command;
    }

    public static Command CreatePause(CliContext cli)
    {
        var name = Name();
        var reason = new Option<string>("--reason") { Description = "Why, for those who ask", HelpName = "TEXT" };
        var command = new Command("pause", "Stays so until 'osism schedule resume', over restarts and changes of the file.") { name, reason };
        command.SetAction(parsed =>
        {
            var schedule = parsed.GetValue(name)!;
            cli.Api.Send("POST", ApiRoutes.SchedulePause(schedule), json => ScheduleJson.Write(json, new PauseSchedule(parsed.GetValue(reason))), cli.Interrupts.Leave);
            cli.Talk.Say($"schedule {schedule} is paused");
            return ExitCode.Success;
        });
        return command;
    }

    public static Command CreateResume(CliContext cli)
    {
        var name = Name();
        var command = new Command("resume", "What was due meanwhile is not made up for.") { name };
        command.SetAction(parsed =>
        {
            var schedule = parsed.GetValue(name)!;
            var body = cli.Api.Send("POST", ApiRoutes.ScheduleResume(schedule), static json => WriteEmpty(json), cli.Interrupts.Leave);
            using var info = JsonDocument.Parse(body);
            cli.Talk.Say(info.RootElement.TimeOrNull("next") is { } next
                ? $"schedule {schedule} is due next at {Times.Local(next)}"
                : $"schedule {schedule} is {info.RootElement.Text("state")}");
            return ExitCode.Success;
        });
        return command;
    }

    private static Argument<string> Name() => new("name") { Description = "As 'osism schedule list' prints it" };

    private static void WriteEmpty(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteEndObject();
    }

    private static string Text(JsonElement schedule)
    {
        var text = new StringBuilder();
        Line(text, "name", schedule.Text("name"));
        Line(text, "state", schedule.Text("state") + (schedule.TextOrNull("reason") is { } reason ? $" ({reason})" : ""));
        Line(text, "set by", schedule.TextOrNull("paused_by") is { } by ? $"{by} at {Times.Local(schedule.TimeOrNull("paused_at"))}" : null);
        Line(text, "when", $"{When(schedule)} {schedule.TextOrNull("timezone")}");
        Line(text, "next", Times.Local(schedule.TimeOrNull("next")));
        Line(text, "last", schedule.Object("last", Last));
        Line(text, "role", schedule.TextOrNull("role"));
        Line(text, "collection", schedule.TextOrNull("collection"));
        Line(text, "environment", schedule.TextOrNull("environment"));
        Line(text, "sub", schedule.TextOrNull("sub"));
        Line(text, "action", schedule.TextOrNull("action"));
        Line(text, "arguments", string.Join(' ', schedule.Texts("arguments")));
        Line(text, "dry run", schedule.Flag("dry_run") ? "yes" : null);
        Line(text, "misfire", schedule.TextOrNull("misfire"));
        Line(text, "overlap", schedule.TextOrNull("overlap"));
        Line(text, "jitter", schedule.TextOrNull("jitter"));
        Line(text, "source", Source(schedule));
        return text.ToString();
    }

    private static void Line(StringBuilder text, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            text.Append(name.PadRight(12)).Append(JobText.OneLine(value)).Append('\n');
    }

    private static string When(JsonElement schedule) => schedule.TextOrNull("cron") ?? $"every {schedule.TextOrNull("every")}";

    private static string Source(JsonElement schedule) =>
        schedule.IntOrNull("line") is { } line ? $"{schedule.TextOrNull("source")}:{line}" : schedule.TextOrNull("source") ?? "";

    private static string Last(JsonElement last) =>
        $"{Times.Local(last.TimeOrNull("at"))} {last.TextOrNull("state") ?? last.TextOrNull("outcome")}";

    // With the offset of the schedule's own zone: that is the clock its author looked at.
    private static string Wall(DateTimeOffset? time) => time?.ToString("yyyy-MM-dd HH:mm:ss zzz", System.Globalization.CultureInfo.InvariantCulture) ?? "";

    private static Colour Of(string state) => state switch
    {
        "active" => Colour.Green,
        "paused" => Colour.Yellow,
        _ => Colour.Red,
    };

    private static Colour OfOutcome(string outcome) => outcome switch
    {
        "submitted" or "done" => Colour.Green,
        "waiting" => Colour.Cyan,
        "refused" or "missed" or "failed" => Colour.Red,
        _ => Colour.Yellow,
    };
}
