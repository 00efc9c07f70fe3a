using System.CommandLine;
using Osism.Cli.Api;
using Osism.Contracts;
using Osism.Contracts.Vault;

namespace Osism.Cli.Vault;

/// <summary><c>osism vault password set|unset</c></summary>
internal static class VaultPasswordCommands
{
    public static Command CreateSet(CliContext cli)
    {
        var command = new Command("set", "Asks for the password on a terminal; reads it from stdin otherwise. It is never an argument: those are visible to everybody on the machine.");
        command.SetAction(_ =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var password = SecretReader.Read(cli, "vault password: ", cancellationToken);
            if (password.Length == 0)
                throw new ProblemException(ErrorCodes.RequestInvalid, "the password is empty");
            cli.Api.Send(
                "PUT", ApiRoutes.VaultPassword, json => VaultJson.Write(json, new SetVaultPassword(password)), cancellationToken);
            cli.Talk.Say("the vault password is set; 'osism vault check' tries it");
            return ExitCode.Success;
        });
        return command;
    }

    public static Command CreateUnset(CliContext cli)
    {
        var command = new Command("unset");
        command.SetAction(_ =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            cli.Api.Delete(ApiRoutes.VaultPassword, cancellationToken);
            cli.Talk.Say("the vault password is forgotten");
            return ExitCode.Success;
        });
        return command;
    }
}
