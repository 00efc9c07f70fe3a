using System.CommandLine;
using Osism.Cli.Inventory;

namespace Osism.Cli.Setup;

/// <summary><c>osism init [DIR]</c>: work of <c>osismd</c> on this machine, which becomes this process.</summary>
internal static class InitCommand
{
    public static Command Create(CliContext cli)
    {
        var folder = new Argument<string>("dir") { Description = "A folder that is empty or does not exist. Default: OSISM_CONFIGURATION, /opt/configuration", Arity = ArgumentArity.ZeroOrOne };
        Option<string>[] values =
        [
            Value("--domain", "DOMAIN", "Domain of the pod, such as pod.example.org"),
            Value("--manager", "NODE", "The node that is the manager, or NAME=ADDRESS of a machine of its own. Default: the first node"),
            Value("--internal-address", "ADDRESS", "Internal address of the API, which belongs to no node"),
            Value("--external-address", "ADDRESS", "External address of the API. Default: the internal one"),
            Value("--network", "NETWORK", "Network of the nodes. Default: the /24 or /64 of the first node"),
            Value("--interface", "NAME", "Network interface of the nodes. Default: eth0"),
            Value("--timezone", "ZONE", "Default: UTC"),
            Value("--release", "VERSION", "Release of OSISM. Default: the newest that is known"),
            Value("--operator-user", "USER", "Who logs in to the nodes. Default: dragon"),
            Value("--operator-key", "FILE", "His private key, without a passphrase. Default: a new one"),
        ];
        Option<string[]>[] lists =
        [
            List("--node", "NAME=ADDRESS[:GROUP,...]", "A node, with its base groups. Default: all but manager. May be given several times"),
            List("--name-server", "ADDRESS", "May be given several times"),
            List("--ntp-server", "HOST", "May be given several times, two at least make sense"),
        ];
        Option<bool>[] flags =
        [
            new("--without-ceph") { Description = "The pod has no Ceph" },
            new("--without-kubernetes") { Description = "The pod has no Kubernetes" },
            new("--yes") { Description = "Ask nothing" },
        ];
        var command = new Command("init", "On a terminal it asks for what is not given; with --domain, --node and --internal-address it asks nothing. Keys, secrets and the vault password are made; secrets are encrypted.") { folder };
        foreach (var option in (IEnumerable<Option>)[.. values, .. lists, .. flags])
            command.Options.Add(option);
        command.SetAction(parsed =>
        {
            List<string> words = ["init"];
            if (parsed.GetValue(folder) is { } where)
                words.Add(Path.GetFullPath(where));
            words.AddRange(values.Where(option => parsed.GetValue(option) is not null).Select(option => $"{option.Name}={parsed.GetValue(option)}"));
            words.AddRange(lists.SelectMany(option => (parsed.GetValue(option) ?? []).Select(value => $"{option.Name}={value}")));
            words.AddRange(flags.Where(flag => parsed.GetValue(flag)).Select(flag => flag.Name));
            return DaemonProgram.Become(cli.Environment, words);
        });
        return command;
    }

    private static Option<string> Value(string name, string help, string text) => new(name) { Description = text, HelpName = help };

    private static Option<string[]> List(string name, string help, string text) => new(name) { Description = text, HelpName = help };
}
