using System.CommandLine;

namespace Osism.Cli.Ara;

/// <summary><c>osism log ansible ...</c>: what operators ask ARA's command line, asked of our own record.</summary>
internal static class AraCommand
{
    public static Command Create(CliContext cli)
    {
        var command = new Command(
            "ansible",
            "What Ansible did, in the words of ARA's command line: our own jobs, and what ARA's callback records to this manager elsewhere. Without a command: a prompt for them, which 'exit' leaves. See also 'osism results'.");
        foreach (var kind in AraKind.All)
        {
            var group = new Command(kind.Name, $"Recorded {kind.Plural}") { AraList.Create(cli, kind), AraShow.Create(cli, kind), AraDelete.Create(cli, kind) };
            if (kind.Groups.Length > 0)
                group.Add(AraMetrics.Create(cli, kind));
            if (kind.Name == "playbook")
                group.Add(AraDelete.CreatePrune(cli, kind));
            command.Add(group);
        }

        command.Add(AraExpire.Create(cli));
        command.SetAction(_ => AraPrompt.Run(cli));
        return command;
    }
}
