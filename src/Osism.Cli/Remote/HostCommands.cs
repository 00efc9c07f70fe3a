using System.CommandLine;
using System.Globalization;
using Osism.Cli.Api;
using Osism.Cli.CommandLine;
using Osism.Cli.Inventory;
using Osism.Contracts;

namespace Osism.Cli.Remote;

/// <summary><c>osism container|compose|log container HOST ...</c>: work of <c>osismd</c> on this machine, which becomes this process.</summary>
/// <remarks>Before HOST options are ours; everything behind it belongs to the program on the host, whatever it looks like.</remarks>
internal static class HostCommands
{
    /// <summary>Commands whose words are read here.</summary>
    public static readonly string[] Names = ["compose", "container", "log container"];

    internal static Option<string> LimitOption() => new("--limit", "-l") { Description = "Only those of the hosts that this pattern means", HelpName = "PATTERN" };

    internal static Option<int?> MaxHostsOption() => new("--max-hosts") { Description = "How many hosts it may be. Default: the setting console.max_hosts, 20", HelpName = "N" };

    /// <summary>For help and completion; the words are read by <see cref="Run"/>, because what one means depends on where it stands.</summary>
    public static Command Create(string name)
    {
        var host = new Argument<string>("host") { Description = "A host of the inventory, a group or a pattern" };
        var rest = new Argument<string[]>("arguments") { Arity = ArgumentArity.ZeroOrMore };
        Command command;
        switch (name)
        {
            case "compose":
                rest.Description = "For docker compose, as they are: ps, logs --tail 5 api, ...";
                command = new Command("compose", Text("docker compose --project-directory=/opt/ENVIRONMENT ARGUMENTS"))
                {
                    host, new Argument<string>("environment") { Description = "Folder of the services below /opt on the host, such as manager" }, rest,
                };
                break;
            case "container":
                rest.Description = "For the container engine, as they are: ps -q, restart nova_api, ... Default: a prompt for such commands, of one host";
                command = new Command("container", Text("docker ARGUMENTS")) { host, rest };
                break;
            default:
                rest.Description = "For docker logs, as they are: --follow, --tail 5, ...";
                command = new Command("container", Text("docker logs ARGUMENTS CONTAINER")) { host, new Argument<string>("container") { Description = "Name of a container" }, rest };
                break;
        }

        command.Options.Add(LimitOption());
        command.Options.Add(MaxHostsOption());
        return command;
    }

    /// <exception cref="ProblemException">The command line is wrong (<c>request.invalid</c>), or there is no <c>osismd</c>.</exception>
    public static int Run(CliContext cli, CommandEntry entry, string[] elements, GlobalOptions global)
    {
        var (options, words) = Parse(entry, elements, global);
        global.ApplyTo(cli.Talk);
        if (global.Help)
        {
            HelpWriter.WriteCommand(cli, entry, Create(entry.Target));
            return ExitCode.Success;
        }

        return DaemonProgram.Become(cli.Environment, [.. entry.Target.Split(' '), .. options, "--", .. words]);
    }

    /// <summary>Tells options of ours from the words.</summary>
    /// <exception cref="ProblemException"><c>request.invalid</c></exception>
    internal static (IReadOnlyList<string> Options, IReadOnlyList<string> Words) Parse(CommandEntry entry, string[] elements, GlobalOptions global)
    {
        var options = new List<string>();
        var at = 0;
        for (; at < elements.Length && elements[at].StartsWith('-'); at++)
        {
            if (elements[at] == "--")
            {
                at++;
                break;
            }

            if (global.TakeOption(elements[at]))
                continue;
            var (name, value) = elements[at].Split('=', 2) is [var left, var right] ? (left, right) : (elements[at], null);
            if (name is not ("-l" or "--limit" or "--max-hosts"))
                throw Invalid($"'{elements[at]}' is no option of 'osism {entry.Name}'; what is meant for the host comes after HOST");
            value ??= ++at < elements.Length ? elements[at] : throw Invalid($"{name} wants a value");
            if (name == "--max-hosts" && !(int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0))
                throw Invalid($"--max-hosts is '{value}', but must be a whole number from 1");
            options.Add($"{(name == "-l" ? "--limit" : name)}={value}");
        }

        var words = elements[Math.Min(at, elements.Length)..];
        var (least, what) = entry.Target switch { "compose" => (2, "HOST ENVIRONMENT"), "log container" => (2, "HOST CONTAINER"), _ => (1, "HOST") };
        if (!global.Help && (words.Length < least || words[0].StartsWith('-')))
            throw Invalid($"'osism {entry.Name}' wants {what}: see 'osism {entry.Name} --help'");
        if (entry.Target == "container" && words.Length == 1 && options.Count > 0)
            throw Invalid($"{options[0].Split('=')[0]} goes with a command: the prompt is that of one host");
        return (options, words);
    }

    private static string Text(string what) =>
        $"Runs '{what}' there, or podman where the inventory has\nkolla_container_engine: podman. Behind HOST everything is taken as it is, each word as one word. On several hosts it runs at once: each line\nsays from which it is, and the exit code is the worst.";

    private static ProblemException Invalid(string message) => new(ErrorCodes.RequestInvalid, message);
}
