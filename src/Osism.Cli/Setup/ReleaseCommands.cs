using System.CommandLine;
using Osism.Cli.Formats;
using Osism.Cli.Inventory;

namespace Osism.Cli.Setup;

/// <summary><c>osism release show|set VERSION</c>: work of <c>osismd</c> on this machine, which becomes this process.</summary>
internal static class ReleaseCommands
{
    public static Command Create(CliContext cli, string action)
    {
        var path = new Option<string>("--configuration-path") { Description = "The configuration repository. Default: OSISM_CONFIGURATION, /opt/configuration", HelpName = "DIR" };
        var version = new Argument<string>("version") { Description = "Such as 10.2.0, or latest" };
        var format = Listing.FormatOption(["table", "json"]);
        var command = new Command(action, action == "set"
            ? "Writes manager_version of environments/manager/configuration.yml, the tags in images.yml beside it, and where they stand docker_version and the version in gilt.yml. Nothing is committed."
            : "Each version with the file and line that says it; what no file says is that of the release.") { path };
        if (action == "set")
            command.Arguments.Add(version);
        else
            command.Options.Add(format);
        command.SetAction(parsed =>
        {
            List<string> words = ["release", action];
            if (parsed.GetValue(path) is { } where)
                words.Add($"--configuration-path={Path.GetFullPath(where)}");
            words.Add(action == "set" ? parsed.GetValue(version)! : $"--format={parsed.GetValue(format)}");
            return DaemonProgram.Become(cli.Environment, words);
        });
        return command;
    }
}
