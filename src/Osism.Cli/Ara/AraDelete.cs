using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Ara;

/// <summary><c>osism log ansible KIND delete ID...</c> and <c>osism log ansible playbook prune</c></summary>
internal static class AraDelete
{
    private const int Days = 31;
    private const int Limit = 200;

    public static Command Create(CliContext cli, AraKind kind)
    {
        var ids = new Argument<long[]>("id") { Description = $"Numbers of {kind.Plural}", Arity = ArgumentArity.OneOrMore };
        var command = new Command("delete", $"Delete recorded {kind.Plural}, with all that belongs to them. What a job recorded goes with the job only.") { ids };
        command.SetAction(parsed =>
        {
            foreach (var id in parsed.GetValue(ids)!)
            {
                cli.Api.Delete(AraQuery.Path(kind.Plural, id.ToString()), cli.Interrupts.Leave);
                cli.Talk.Say($"{kind.Name} {id} is deleted");
            }

            return ExitCode.Success;
        });
        return command;
    }

    public static Command CreatePrune(CliContext cli, AraKind kind)
    {
        var command = new Command("prune", "Delete playbooks that others recorded and that are old. What jobs recorded goes with them: see 'osism task prune'.");
        var days = new Option<int>("--days") { Description = $"Started this many days ago or earlier. Default: {Days}", HelpName = "N", DefaultValueFactory = _ => Days };
        var confirm = new Option<bool>("--confirm") { Description = "Do it; else only say what would be deleted" };
        command.Add(days);
        var query = new AraQuery(command, kind, "started", Limit);
        command.Add(confirm);
        command.SetAction(parsed =>
        {
            var before = cli.Time.GetUtcNow().AddDays(-parsed.GetValue(days)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            var found = query.Read(cli, parsed, more: $"&started_before={Uri.EscapeDataString(before)}");
            var (deleted, kept) = (0, 0);
            foreach (var playbook in found)
            {
                if (!parsed.GetValue(confirm))
                {
                    cli.Talk.Say($"would delete playbook {playbook.Long("id")}, started {Times.Local(playbook.TimeOrNull("started"))}: {playbook.TextOrNull("path")}");
                    continue;
                }

                if (TryDelete(cli, playbook))
                    deleted++;
                else
                    kept++;
            }

            cli.WriteLine(parsed.GetValue(confirm)
                ? $"deleted {deleted} playbooks{(kept > 0 ? $"; {kept} belong to jobs and were kept" : "")}"
                : $"would delete {found.Length} playbooks; --confirm does it");
            return ExitCode.Success;
        });
        return command;
    }

    /// <returns>False for one of a job.</returns>
    private static bool TryDelete(CliContext cli, JsonElement playbook)
    {
        try
        {
            cli.Api.Delete(AraQuery.Path("playbooks", $"{playbook.Long("id")}"), cli.Interrupts.Leave);
            return true;
        }
        catch (ProblemException e) when (e.Problem.Status == 403 && e.Problem.Detail.Contains(" job ", StringComparison.Ordinal))
        {
            cli.Talk.Detail(e.Problem.Detail);
            return false;
        }
    }
}
