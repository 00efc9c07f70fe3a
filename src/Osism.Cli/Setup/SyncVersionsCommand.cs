using System.CommandLine;
using Osism.Cli.Inventory;

namespace Osism.Cli.Setup;

/// <summary><c>osism sync versions [kolla]</c>: work of <c>osismd</c> on this machine, which becomes this process.</summary>
internal static class SyncVersionsCommand
{
    public static Command Create(CliContext cli)
    {
        var type = new Argument<string>("type") { Description = "kolla, which is the default", Arity = ArgumentArity.ZeroOrOne };
        type.AcceptOnlyFromAmong("kolla");
        Option<string>[] values =
        [
            Value("--openstack-version", "VERSION", "Default: OPENSTACK_VERSION, 2025.1"),
            Value("--configuration-path", "DIR", "The configuration repository. Default: OSISM_CONFIGURATION, /opt/configuration"),
            Value("--sbom-image", "IMAGE", "Image with the list of versions; a name, or one of skopeo such as oci:/path. Default: by release and version"),
            Value("--release", "VERSION", "Take the image of a release of OSISM, such as 10.2.0"),
            Value("--release-repository-url", "URL", "Where releases are described that are not known here. Default: the setting versions.release_repository"),
            Value("--sbom-image-base", "IMAGE", "Images of releases, without tag. Default: the setting versions.release_image"),
        ];
        var dryRun = new Option<bool>("--dry-run") { Description = "Print the file, write nothing" };
        var command = new Command("versions", "Fetches an image with skopeo, and writes the versions it lists to environments/kolla/versions.yml. Nothing is committed.") { type };
        foreach (var option in values)
            command.Options.Add(option);
        command.Options.Add(dryRun);
        command.SetAction(parsed =>
        {
            List<string> words = ["sync", "versions"];
            foreach (var option in values)
            {
                if (parsed.GetValue(option) is { } value)
                    words.Add($"{option.Name}={(option.Name == "--configuration-path" ? Path.GetFullPath(value) : value)}");
            }

            if (parsed.GetValue(dryRun))
                words.Add("--dry-run");
            return DaemonProgram.Become(cli.Environment, words);
        });
        return command;
    }

    private static Option<string> Value(string name, string help, string description) => new(name) { HelpName = help, Description = description };
}
