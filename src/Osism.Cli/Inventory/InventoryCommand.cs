using System.CommandLine;
using Osism.Cli.Formats;
using Osism.Contracts;
using Osism.Contracts.Inventory;

namespace Osism.Cli.Inventory;

/// <summary><c>osism inventory list|host|graph|match</c>: from the manager, or with <c>-i</c> from any files without one.</summary>
internal static class InventoryCommand
{
    public static Command Create(CliContext cli, string action)
    {
        var subject = SubjectOf(action);
        var sources = new Option<string[]>("--inventory", "-i")
        {
            Description = "A file, a folder or a list of hosts with commas; may be given several times. No manager is needed then. Default: what the manager has",
            HelpName = "PATH",
        };
        var vars = new Option<bool>("--vars") { Description = "Also the variables" };
        var export = new Option<bool>("--export") { Description = "Variables of groups with them instead of with their hosts" };
        var playbook = new Option<string>("--playbook-dir") { Description = "With -i: the folder of the playbook. Default: the working directory", HelpName = "FOLDER" };
        var passwords = new Option<string[]>("--vault-password-file") { Description = "With -i: a file with a vault password", HelpName = "FILE" };
        var format = Listing.FormatOption(action == "match" ? ["text", "json"] : ["ansible"]);
        var command = new Command(action, "The output is that of ansible-inventory. With -i, findings go to stderr and Ansible's own settings count.") { sources, playbook, passwords, format };
        if (subject is not null)
            command.Arguments.Add(subject);
        if (action == "graph")
            command.Options.Add(vars);
        if (action is "list" or "host")
            command.Options.Add(export);

        command.SetAction(parsed =>
        {
            var query = new InventoryQuery(
                action, subject is null ? null : parsed.GetValue(subject), action == "graph" && parsed.GetValue(vars), action is "list" or "host" && parsed.GetValue(export),
                parsed.GetValue(format) == "json" ? "json" : null);
            if (parsed.GetValue(sources) is { Length: > 0 } paths)
                return DaemonProgram.Become(cli.Environment, Arguments(query, paths, parsed.GetValue(playbook), parsed.GetValue(passwords) ?? []));
            cli.Output.Write(cli.Api.Send("POST", ApiRoutes.InventoryQuery, json => InventoryJson.Write(json, query), cli.Interrupts.Leave));
            return ExitCode.Success;
        });
        return command;
    }

    private static Argument<string>? SubjectOf(string action) => action switch
    {
        "host" => new("host") { Description = "A host, or a pattern that means one" },
        "graph" => new("group") { Description = "The group to begin with. Default: all", Arity = ArgumentArity.ZeroOrOne },
        "match" => new("pattern") { Description = "Such as web:db, web:!old, web:&prod, web[0:2], ~regex, *.example.org or @FILE" },
        _ => null,
    };

    private static List<string> Arguments(InventoryQuery query, string[] sources, string? playbook, string[] passwords)
    {
        List<string> arguments = ["inventory", query.Action];
        foreach (var source in sources)
            arguments.Add($"--inventory={source}");
        if (playbook is not null)
            arguments.Add($"--playbook-dir={playbook}");
        foreach (var password in passwords)
            arguments.Add($"--vault-password-file={password}");
        if (query.Vars)
            arguments.Add("--vars");
        if (query.Export)
            arguments.Add("--export");
        if (query.Format is not null)
            arguments.Add($"--format={query.Format}");
        if (query.Subject is not null)
            arguments.AddRange("--", query.Subject);
        return arguments;
    }
}
