using System.CommandLine;
using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;

namespace Osism.Cli.Jobs;

/// <summary><c>osism runtime list</c>, and their versions.</summary>
internal static class RuntimeListCommand
{
    internal static readonly Column[] Columns =
    [
        new("Runtime", runtime => runtime.Text("name"), Fixed: true),
        new("Kind", runtime => runtime.Text("kind")),
        new("State", runtime => runtime.Text("state"), Fixed: true, Colour: runtime => runtime.Text("state") switch
        {
            "ready" => Colour.Green,
            "broken" => Colour.Red,
            _ => Colour.Yellow,
        }),
        new("Ansible", runtime => runtime.TextOrNull("ansible")),
        new("Roles", runtime => runtime.Int("roles").ToString(System.Globalization.CultureInfo.InvariantCulture)),
        new("Place", runtime => runtime.Text("place")),
        new("Queue", runtime => runtime.Text("queue"), Spare: true),
        new("Detail", runtime => runtime.TextOrNull("detail")),
    ];

    internal static readonly Column[] VersionColumns =
    [
        new("Module", runtime => runtime.Text("name"), Fixed: true),
        new("OSISM version", runtime => runtime.TextOrNull("version")),
        new("Module release", runtime => runtime.TextOrNull("release")),
        new("Ansible", runtime => runtime.TextOrNull("ansible")),
    ];

    /// <summary><c>osism get versions manager</c></summary>
    public static Command CreateVersions(CliContext cli)
    {
        var format = Listing.FormatOption();
        var command = new Command("manager", "Versions of the runtimes and of what they deploy, as they say themselves in /interface/versions, and of their Ansible.") { format };
        command.SetAction(parsed =>
        {
            Listing.Write(cli, ApiRoutes.Runtimes, VersionColumns, parsed.GetValue(format)!, limit: null, cli.Interrupts.Leave);
            return ExitCode.Success;
        });
        return command;
    }

    public static Command Create(CliContext cli)
    {
        var format = Listing.FormatOption();
        var command = new Command("list", "The folders and images that playbooks come from, with their Ansible and how they are. They are set up in the section 'runtimes' of osism.yml.") { format };
        command.SetAction(parsed =>
        {
            Listing.Write(cli, ApiRoutes.Runtimes, Columns, parsed.GetValue(format)!, limit: null, cli.Interrupts.Leave);
            return ExitCode.Success;
        });
        return command;
    }
}
