using System.CommandLine;
using Osism.Cli.Formats;
using Osism.Cli.Inventory;

namespace Osism.Cli.Lifecycle;

/// <summary><c>osism manager backup|list|verify|restore</c>: work of <c>osismd</c> on this machine, which becomes this process.</summary>
internal static class BackupCommands
{
    public static Command Create(CliContext cli, string action)
    {
        var folder = new Option<string>("--folder") { Description = "Where backups are; ssh://USER@HOST/FOLDER for another machine. Default: the setting backup.folder, $OSISM_HOME/backups", HelpName = "FOLDER" };
        var passphrase = new Option<string>("--passphrase-file")
        {
            Description = "Holds the passphrase, - for stdin. Default: the setting backup.passphrase_file, else it is asked for",
            HelpName = "FILE",
        };
        var name = new Argument<string>("name") { Description = "A name of the list, or the path of a backup. Default: the newest", Arity = ArgumentArity.ZeroOrOne };
        var yes = new Option<bool>("--yes") { Description = "Do not ask before it begins" };
        var format = Listing.FormatOption(["table", "json"]);
        var command = new Command(action, TextOf(action)) { folder };
        if (action != "list")
            command.Options.Add(passphrase);
        else
            command.Options.Add(format);
        if (action is "verify" or "restore")
            command.Arguments.Add(name);
        if (action == "restore")
            command.Options.Add(yes);
        command.SetAction(parsed =>
        {
            List<string> words = ["manager", action];
            if (parsed.GetValue(folder) is { } where)
                words.Add($"--folder={(where.StartsWith("ssh://", StringComparison.Ordinal) ? where : Path.GetFullPath(where))}");
            if (action != "list" && parsed.GetValue(passphrase) is { } file)
                words.Add($"--passphrase-file={file}");
            if (action == "list")
                words.Add($"--format={parsed.GetValue(format)}");
            if (action == "restore" && parsed.GetValue(yes))
                words.Add("--yes");
            if (action is "verify" or "restore" && parsed.GetValue(name) is { } which)
                words.Add(which);
            return DaemonProgram.Become(cli.Environment, words);
        });
        return command;
    }

    private static string TextOf(string action) => action switch
    {
        "backup" => "Database, share, spool, keys and inventory go into one folder, encrypted and with checksums, while the manager goes on working.",
        "list" => "Backups that are whole; one that cannot be read is shown as damaged.",
        "verify" => "Reads every byte of a backup. Ends with 0 when it is what was written.",
        _ => "The manager must be stopped, and no run of it may be alive. What is there is put aside, not removed. Jobs that waited are cancelled.",
    };
}
