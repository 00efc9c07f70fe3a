using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;
using Osism.Contracts.Configuration;

namespace Osism.Cli.Configuration;

/// <summary><c>osism sync configuration [--force] [--timeout SECONDS]</c></summary>
internal static class SyncConfigurationCommand
{
    /// <summary>Seconds the manager waits for running jobs at once; we ask again after that.</summary>
    private const int Wait = 20;

    internal static readonly Column[] Columns = [new("Status", change => change.Text("status"), Fixed: true), new("File", change => change.Text("file"))];

    public static Command Create(CliContext cli)
    {
        var force = new Option<bool>("--force") { Description = "Go on while jobs run, and overwrite local changes and commits; a copy of them is kept in git" };
        var timeout = new Option<int?>("--timeout") { Description = "Seconds to wait for running jobs. Default: as long as they take", HelpName = "SECONDS" };
        var format = Listing.FormatOption("table", "json", "yaml");
        var command = new Command("configuration", "Ends with 1 when local work would be lost, with 3 when jobs still ran after --timeout, and with 8 when the remote does not answer.") { force, timeout, format };
        command.SetAction(parsed => Run(cli, parsed.GetValue(force), parsed.GetValue(timeout), parsed.GetValue(format)!));
        return command;
    }

    private static int Run(CliContext cli, bool force, int? timeout, string format)
    {
        var body = Sync(cli, force, timeout);
        if (format != "table")
        {
            Listing.WriteObject(cli, body, format);
            return ExitCode.Success;
        }

        using var answer = JsonDocument.Parse(body);
        var result = answer.RootElement;
        var changes = Listing.Items(result, "changes");
        var (before, after) = (Short(result.TextOrNull("before")), Short(result.Text("after")));
        cli.WriteLine(before == after
            ? $"{result.Text("branch")} of {result.Text("remote")} is at {after} already"
            : $"{result.Text("branch")} of {result.Text("remote")}: {before} -> {after}, {changes.Length} file{(changes.Length == 1 ? "" : "s")}");
        if (changes.Length > 0)
            cli.Write(TableFormat.Write(Columns, changes, cli.Screen.Width, cli.Screen.Colours));
        foreach (var file in result.Texts("preserved"))
            cli.Talk.Say($"{file} was left as it is");
        if (result.TextOrNull("saved") is { } saved)
            cli.Talk.Write($"what was overwritten is kept in git as {saved}");
        foreach (var warning in result.Texts("warnings"))
            cli.Talk.Write($"warning: {warning}");
        return ExitCode.Success;
    }

    private static byte[] Sync(CliContext cli, bool force, int? timeout)
    {
        var began = cli.Time.GetTimestamp();
        while (true)
        {
            var left = timeout is { } seconds ? Math.Max(0, seconds - (int)cli.Time.GetElapsedTime(began).TotalSeconds) : Wait;
            try
            {
                var request = new SyncConfiguration(force, Math.Min(left, Wait));
                var body = cli.Api.Send("POST", ApiRoutes.ConfigurationSync, json => Write(json, request), cli.Interrupts.Leave);
                cli.Talk.ClearStatus();
                return body;
            }
            catch (ProblemException e) when (e.Problem.Code == ErrorCodes.RepositoryBusy.Code && left > 0)
            {
                cli.Talk.Status($"waiting: {e.Problem.Detail}");
            }
        }
    }

    internal static void Write(Utf8JsonWriter json, SyncConfiguration request)
    {
        json.WriteStartObject();
        json.WriteBoolean("force", request.Force);
        json.WriteNumber("wait", request.Wait);
        json.WriteEndObject();
    }

    private static string Short(string? commit) => commit is null ? "nothing" : commit[..Math.Min(12, commit.Length)];
}
