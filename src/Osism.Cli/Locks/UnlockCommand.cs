using System.CommandLine;
using Osism.Cli.Api;
using Osism.Contracts;

namespace Osism.Cli.Locks;

/// <summary><c>osism unlock</c></summary>
internal static class UnlockCommand
{
    public static Command Create(CliContext cli)
    {
        var scope = new LockOptions();
        var id = new Option<string>("--id") { Description = "This lock, as 'osism lock status' prints it", HelpName = "ID" };
        var force = new Option<bool>("--force") { Description = "Also one that somebody else holds" };
        var command = new Command("unlock", "Takes the lock of exactly this scope away; without a scope that on everything.");
        scope.AddTo(command);
        command.Add(id);
        command.Add(force);
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var path = scope.Path(parsed);
            if (parsed.GetValue(id) is { } one)
            {
                if (path != ApiRoutes.Locks)
                    throw new ProblemException(ErrorCodes.RequestInvalid, "--id says which lock it is: give no scope with it");
                path = Guid.TryParse(one, out var lockId)
                    ? $"{ApiRoutes.Locks}/{lockId}"
                    : throw new ProblemException(ErrorCodes.LockNotFound, $"there is no lock '{one}'; those of the repository are taken away by removing the file, those of jobs end with the job");
            }

            if (parsed.GetValue(force))
                path += path.Contains('?', StringComparison.Ordinal) ? "&force=true" : "?force=true";
            var released = ApiClient.Read(cli.Api.Delete(path, cancellationToken), LockJson.ReadReleased).Released;
            foreach (var held in released)
                cli.Talk.Say($"{held.Scope} is no longer locked by {held.Owner}");
            if (released.Count == 0)
                cli.Talk.Say("there was no such lock; 'osism lock status' shows those there are");
            return ExitCode.Success;
        });
        return command;
    }
}
