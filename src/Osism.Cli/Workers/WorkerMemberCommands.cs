using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Workers;

/// <summary><c>osism worker token</c> lets a machine in, <c>osism worker remove NAME</c> takes it out.</summary>
internal static class WorkerMemberCommands
{
    public static Command CreateToken(CliContext cli)
    {
        var valid = new Option<int>("--valid") { Description = "Minutes for which it is good, up to 7 days", DefaultValueFactory = _ => 60 };
        var command = new Command("token", "Prints the token; it works once, and is shown only here. Give it to 'osismd join' on the other machine in a file or on stdin.") { valid };
        command.SetAction(parsed =>
        {
            var path = $"{ApiRoutes.WorkerTokens}?valid_seconds={(long)parsed.GetValue(valid) * 60}";
            if (parsed.GetValue(valid) <= 0)
                throw new ProblemException(ErrorCodes.RequestInvalid, "--valid must be at least 1 minute");
            using var answer = JsonDocument.Parse(cli.Api.Send(
                "POST", path,
                json =>
                {
                    json.WriteStartObject();
                    json.WriteEndObject();
                },
                cli.Interrupts.Leave));
            cli.WriteLine(answer.RootElement.Text("token"));
            cli.Talk.Say($"good until {Times.Local(answer.RootElement.TimeOrNull("expires_at"))}, for one machine");
            return ExitCode.Success;
        });
        return command;
    }

    public static Command CreateRemove(CliContext cli)
    {
        var name = new Argument<string>("name") { Description = "Name of the worker" };
        var command = new Command("remove", "No secret is sealed for the machine any more, and its worker does not start again. What it has read it knows: change the vault password and the keys, and the password of the database.") { name };
        command.SetAction(parsed =>
        {
            cli.Api.Delete(ApiRoutes.Worker(parsed.GetValue(name)!), cli.Interrupts.Leave);
            cli.Talk.Say($"{parsed.GetValue(name)} is no member any more; change the vault password, the keys and the password of the database");
            return ExitCode.Success;
        });
        return command;
    }
}
