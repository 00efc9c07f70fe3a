using System.CommandLine;
using Osism.Cli.Inventory;

namespace Osism.Cli.Lifecycle;

/// <summary><c>osism manager install HOST</c>: work of <c>osismd</c> on this machine, which becomes this process.</summary>
internal static class InstallCommand
{
    public static Command Create(CliContext cli)
    {
        var host = new Argument<string>("host") { Description = "Name or address, as ssh takes it" };
        Option<string>[] options =
        [
            new("--package") { Description = "The Debian package to be installed. Default: what apt on the host knows as osism", HelpName = "FILE" },
            new("--user") { Description = "As whom to log in; must be root or may use sudo. Default: as ssh has it", HelpName = "USER" },
            new("--port") { Description = "Port of sshd there. Default: as ssh has it", HelpName = "PORT" },
            new("--key") { Description = "Private key. Default: as ssh has it", HelpName = "FILE" },
            new("--configuration") { Description = "Git address of the configuration repository, for /opt/configuration there. Default: none is fetched", HelpName = "URL" },
            new("--listen") { Description = "Where its API will be, written to /etc/osism/osismd.yml there. Default: the file stays, 127.0.0.1:8000 without one", HelpName = "ADDRESS:PORT" },
            new("--branch") { Description = "Branch of it. Default: main", HelpName = "BRANCH" },
        ];
        Option<bool>[] flags =
        [
            new("--ask-become-pass") { Description = "Ask for the password that sudo wants there" },
            new("--check") { Description = "Change nothing, and say what would change" },
        ];
        var command = new Command(
            "install", "Over ssh, by the play 'manager', with the Ansible of this machine, which needs no manager itself. A manager that is older there becomes newer, and its runs go on; a newer one is left alone.") { host };
        foreach (var option in options)
            command.Options.Add(option);
        foreach (var flag in flags)
            command.Options.Add(flag);
        command.SetAction(parsed => DaemonProgram.Become(cli.Environment,
        [
            "manager", "install", parsed.GetValue(host)!,
            .. options.Where(option => parsed.GetValue(option) is not null).Select(option => $"{option.Name}={(option.Name is "--package" or "--key" ? Path.GetFullPath(parsed.GetValue(option)!) : parsed.GetValue(option))}"),
            .. flags.Where(flag => parsed.GetValue(flag)).Select(flag => flag.Name),
        ]));
        return command;
    }
}
