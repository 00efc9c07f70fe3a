using System.CommandLine;
using System.Text.Json;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Inventory;

/// <summary><c>osism inventory lint [-i PATH]</c></summary>
internal static class InventoryLintCommand
{
    internal static readonly Column[] Columns =
    [
        new("File", finding => finding.TextOrNull("file")),
        new("Line", finding => $"{finding.IntOrNull("line")}", Fixed: true),
        new("Code", finding => finding.Text("code"), Fixed: true, Colour: finding => finding.TextOrNull("severity") == "error" ? Colour.Red : Colour.Yellow),
        new("Message", finding => finding.Text("message")),
    ];

    public static Command Create(CliContext cli)
    {
        var sources = new Option<string[]>("--inventory", "-i")
        {
            Description = "A file or folder; may be given several times. No manager is needed then. Default: the repository's inventory as it is now",
            HelpName = "PATH",
        };
        var passwords = new Option<string[]>("--vault-password-file") { Description = "With -i: a file with a vault password", HelpName = "FILE" };
        var format = Listing.FormatOption();
        var command = new Command("lint", "Ends with 10 when there are findings, and with 0 when there are none. With -i, --format is table (one line a finding) or json.") { sources, passwords, format };
        command.SetAction(parsed => parsed.GetValue(sources) is { Length: > 0 } paths
            ? Become(cli, paths, parsed.GetValue(passwords) ?? [], parsed.GetValue(format)!)
            : Show(cli, ApiRoutes.InventoryLint, parsed.GetValue(format)!));
        return command;
    }

    private static int Become(CliContext cli, string[] sources, string[] passwords, string format)
    {
        if (format is not ("table" or "json"))
            throw new ProblemException(ErrorCodes.RequestInvalid, $"with -i, --format is table or json, not '{format}'");
        List<string> arguments =
        [
            "inventory", "lint", $"--format={(format == "json" ? "json" : "text")}",
            .. sources.Select(source => $"--inventory={source}"), .. passwords.Select(password => $"--vault-password-file={password}"),
        ];
        return DaemonProgram.Become(cli.Environment, arguments);
    }

    /// <summary>Shows the findings that a path of the API gives.</summary>
    public static int Show(CliContext cli, string path, string format)
    {
        using var answer = JsonDocument.Parse(cli.Api.GetBytes(path, cli.Interrupts.Leave));
        var findings = Listing.Items(answer.RootElement);
        if (findings.Length > 0 || format != "table")
            Listing.Write(cli, Columns, findings, format);
        return findings.Length == 0 ? ExitCode.Success : ExitCode.Configuration;
    }
}
