using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Contracts;
using Osism.Contracts.Vault;

namespace Osism.Cli.Vault;

/// <summary><c>osism vault view|decrypt PATH</c></summary>
internal static class VaultFileCommands
{
    public static Command CreateView(CliContext cli)
    {
        var path = Path();
        var command = new Command("view") { path };
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var file = new VaultFile(parsed.GetValue(path)!);
            var body = cli.Api.Send("POST", ApiRoutes.VaultView, json => VaultJson.Write(json, file), cancellationToken);
            var content = ApiClient.Read(body, VaultJson.ReadContent);
            if (!content.Encrypted)
                cli.Talk.Say($"warning: {content.Path} is not encrypted");
            cli.Write(content.Content);
            return ExitCode.Success;
        });
        return command;
    }

    public static Command CreateDecrypt(CliContext cli)
    {
        var path = Path();
        var command = new Command("decrypt", "The file itself is replaced by its plain text.") { path };
        command.SetAction(parsed =>
        {
            var cancellationToken = cli.Interrupts.Leave;
            var file = new VaultFile(parsed.GetValue(path)!);
            var body = cli.Api.Send("POST", ApiRoutes.VaultDecrypt, json => VaultJson.Write(json, file), cancellationToken);
            cli.Talk.Say(WasEncrypted(body) ? $"{file.Path} is plain text now" : $"warning: {file.Path} was not encrypted");
            return ExitCode.Success;
        });
        return command;
    }

    private static Argument<string> Path() => new("path") { Description = "File, relative to the configuration repository" };

    private static bool WasEncrypted(byte[] body)
    {
        if (body.Length == 0)
            return true;
        using var answer = JsonDocument.Parse(body);
        return !answer.RootElement.TryGetProperty("encrypted", out var encrypted) || encrypted.ValueKind != JsonValueKind.False;
    }
}
