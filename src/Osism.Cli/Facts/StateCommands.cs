using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Facts;

/// <summary><c>osism get states</c>, <c>osism set|noset maintenance|bootstrap</c></summary>
internal static class StateCommands
{
    internal static readonly Column[] Columns =
    [
        new("Role", row => row.Text("role"), Fixed: true),
        new("State", row => row.TextOrNull("state")),
        new("Timestamp", row => row.TextOrNull("timestamp")),
    ];

    public static Command CreateGet(CliContext cli)
    {
        var host = new Argument<string>("host") { Description = "Name of a host" };
        var format = Listing.FormatOption();
        var command = new Command("states", "As the host's facts had it when they were gathered last, from /etc/ansible/facts.d/osism.fact.") { host, format };
        command.SetAction(parsed =>
        {
            Listing.Write(cli, Columns, FactsCommands.Items(cli, ApiRoutes.HostStates(parsed.GetValue(host)!)), parsed.GetValue(format)!);
            return ExitCode.Success;
        });
        return command;
    }

    /// <param name="state"><c>maintenance</c> or <c>bootstrap</c>.</param>
    /// <param name="isSet">Whether the host is to have it.</param>
    public static Command CreateSet(CliContext cli, string state, bool isSet)
    {
        var host = new Argument<string>("host") { Description = "Name of a host, or a pattern" };
        var noWait = new Option<bool>("--no-wait") { Description = "Submit and return" };
        var command = new Command(state, $"Runs the role state-{state} there, which leaves it in /etc/ansible/facts.d/osism.fact and gathers that.") { host, noWait };
        command.SetAction(parsed =>
        {
            var pattern = parsed.GetValue(host)!;
            using var answer = JsonDocument.Parse(cli.Api.GetBytes(ApiRoutes.InventoryHostsOf(pattern), cli.Interrupts.Leave));
            // Ansible would find no host to do anything on, and call that a success.
            if (answer.RootElement.Int("count") == 0)
            {
                throw new ProblemException(new ProblemInfo(ErrorCodes.HostUnknown.Status, ErrorCodes.HostUnknown.Code, $"no host matches '{pattern}'")
                {
                    Nearest = answer.RootElement.Texts("nearest") is { Count: > 0 } nearest ? nearest : null,
                });
            }

            return RoleRun.Submit(
                cli, new SubmitJob { Role = $"state-{state}", Environment = "generic", Arguments = ["-e", $"status={(isSet ? "True" : "False")}", "-l", pattern] }, parsed.GetValue(noWait));
        });
        return command;
    }
}
