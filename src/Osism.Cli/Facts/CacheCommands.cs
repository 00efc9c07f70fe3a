using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Contracts;
using Osism.Contracts.Facts;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Facts;

/// <summary><c>osism reset facts</c> and <c>osism sync facts</c></summary>
internal static class CacheCommands
{
    public static Command CreateReset(CliContext cli)
    {
        var limit = FactsCommands.LimitOption();
        var command = new Command("facts", "Ansible gathers them again when a play needs them. What they were is still shown.") { limit };
        command.SetAction(parsed =>
        {
            var pattern = parsed.GetValue(limit);
            if (pattern is not null && string.IsNullOrWhiteSpace(pattern))
            {
                cli.Talk.Write("the pattern is empty: nothing was reset");
                return ExitCode.Failed;
            }

            using var answer = JsonDocument.Parse(cli.Api.Send("POST", ApiRoutes.FactsReset, json => FactsJson.Write(json, new ResetFacts(pattern)), cli.Interrupts.Leave));
            var hosts = answer.RootElement.Texts("hosts").Count;
            cli.Talk.Say($"the facts of {hosts} host{(hosts == 1 ? " are" : "s are")} reset; {answer.RootElement.Int("cached")} of them were in Ansible's cache");
            return ExitCode.Success;
        });
        return command;
    }

    public static Command CreateSync(CliContext cli)
    {
        var limit = FactsCommands.LimitOption();
        var noWait = new Option<bool>("--no-wait") { Description = "Submit and return" };
        var command = new Command("facts", "Runs the role gather-facts and follows it.") { limit, noWait };
        command.SetAction(parsed => RoleRun.Submit(
            cli,
            new SubmitJob { Role = "gather-facts", Environment = "generic", Arguments = parsed.GetValue(limit) is { } pattern ? ["-l", pattern] : [] },
            parsed.GetValue(noWait)));
        return command;
    }
}
