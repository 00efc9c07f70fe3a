using System.CommandLine;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Vault;

/// <summary><c>osism vault check</c></summary>
internal static class VaultCheckCommand
{
    public static Command Create(CliContext cli)
    {
        var path = new Option<string>("--path")
        {
            Description = "The file to try it on. Default: the first secrets.yml there is",
            HelpName = "PATH",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var format = Listing.LogFormatOption();
        var command = new Command("check", "With --format script the answer is 'PASSED' or 'FAILED: CODE'.") { path, format };
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var route = parsed.GetValue(path) is { Length: > 0 } file ? $"{ApiRoutes.VaultCheck}?path={Uri.EscapeDataString(file)}" : ApiRoutes.VaultCheck;
            var check = cli.Api.Get(route, VaultJson.ReadCheck, cancellationToken);
            foreach (var warning in check.Warnings)
                cli.Talk.Say($"warning: {warning}");
            var script = parsed.GetValue(format) == "script";
            if (script || !check.Passed)
                cli.WriteLine(check.Passed ? "PASSED" : script ? $"FAILED: {check.Code}" : $"FAILED: {check.Code}: {check.Message}");
            else
                cli.WriteLine($"PASSED: {check.Message}");
            return check.Passed ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }
}
