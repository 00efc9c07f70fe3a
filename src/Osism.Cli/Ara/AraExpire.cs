using System.CommandLine;
using System.Globalization;
using Osism.Cli.Api;
using Osism.Contracts;

namespace Osism.Cli.Ara;

/// <summary><c>osism log ansible expire</c>: what says that it runs and has not been heard of for long has expired.</summary>
internal static class AraExpire
{
    private const int Hours = 24;
    private const int Limit = 200;
    private static readonly string[] Kinds = ["playbooks", "plays", "tasks"];

    public static Command Create(CliContext cli)
    {
        var hours = new Option<int>("--hours") { Description = $"Not heard of for so long. Default: {Hours}", HelpName = "N", DefaultValueFactory = _ => Hours };
        var order = new Option<string>("--order") { Description = "Field to order by. Default: started", HelpName = "FIELD", DefaultValueFactory = _ => "started" };
        var limit = new Option<int>("--limit") { Description = $"Most of each kind. Default: {Limit}", HelpName = "N", DefaultValueFactory = _ => Limit };
        var confirm = new Option<bool>("--confirm") { Description = "Do it; else only say what would expire" };
        var command = new Command("expire", "Mark what others recorded as expired where it says that it runs and has not been heard of for long") { hours, order, limit, confirm };
        command.SetAction(parsed =>
        {
            var before = cli.Time.GetUtcNow().AddHours(-parsed.GetValue(hours)).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
            foreach (var kind in Kinds)
            {
                var query = $"status=running&updated_before={Uri.EscapeDataString(before)}&order={Uri.EscapeDataString(parsed.GetValue(order)!)}&limit={parsed.GetValue(limit)}";
                var (expired, kept) = (0, 0);
                foreach (var item in AraQuery.Read(cli, kind, query))
                {
                    if (!parsed.GetValue(confirm) || TryExpire(cli, kind, item.Long("id")))
                        expired++;
                    else
                        kept++;
                }

                cli.WriteLine($"{(parsed.GetValue(confirm) ? "expired" : "would expire")} {expired} {kind}{(kept > 0 ? $"; {kept} belong to jobs and were left" : "")}");
            }

            return ExitCode.Success;
        });
        return command;
    }

    /// <returns>False for one of a job.</returns>
    private static bool TryExpire(CliContext cli, string kind, long id)
    {
        try
        {
            cli.Api.Send(
                "PATCH", AraQuery.Path(kind, id.ToString()),
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("status", "expired");
                    json.WriteEndObject();
                },
                cli.Interrupts.Leave);
            return true;
        }
        catch (ProblemException e) when (e.Problem.Status == 403 && e.Problem.Detail.Contains(" job ", StringComparison.Ordinal))
        {
            cli.Talk.Detail(e.Problem.Detail);
            return false;
        }
    }
}
