using System.CommandLine;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;
using Osism.Contracts.Locks;

namespace Osism.Cli.Locks;

/// <summary><c>osism lock</c></summary>
internal static class LockCommand
{
    public static Command Create(CliContext cli)
    {
        var scope = new LockOptions();
        var reason = new Option<string>("--reason") { Description = "One line for those who are kept waiting", HelpName = "TEXT" };
        var user = new Option<string>("--user") { Description = "Owner of the lock. Default: you", HelpName = "USER" };
        var until = new Option<string>("--until") { Description = "When it ends by itself: a time, or how long from now (30m, 2h, 1d). Default: never", HelpName = "TIME" };
        var command = new Command("lock", """
            New jobs of the scope are refused, queued ones wait; what runs goes on. Without a scope: everything. Locking again what you
            hold changes reason and end; what somebody else holds is refused with 3.
            """);
        scope.AddTo(command);
        command.Add(reason);
        command.Add(user);
        command.Add(until);
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var (end, seconds) = LockOptions.ReadUntil(parsed.GetValue(until));
            var place = new PlaceLock
            {
                Environment = parsed.GetValue(scope.Environment),
                Role = parsed.GetValue(scope.Role),
                Hosts = parsed.GetValue(scope.Hosts),
                Reason = parsed.GetValue(reason),
                User = parsed.GetValue(user),
                Until = end,
                Seconds = seconds,
            };
            var placed = ApiClient.Read(cli.Api.Send("POST", ApiRoutes.Locks, json => LockJson.Write(json, place), cancellationToken), LockJson.Read);
            cli.Talk.Say($"{placed.Scope} is locked by {placed.Owner} since {Times.Local(placed.Since)}"
                + (placed.Until is { } over ? $" until {Times.Local(over)}" : "") + $"; 'osism unlock --id {placed.Id}' takes it away");
            return ExitCode.Success;
        });
        return command;
    }
}
