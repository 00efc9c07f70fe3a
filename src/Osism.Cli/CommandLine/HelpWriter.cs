using System.CommandLine;
using System.Text;

namespace Osism.Cli.CommandLine;

/// <summary>Help, made from the table and from the command in question. Nothing else is built for it.</summary>
internal static class HelpWriter
{
    private const int Width = 100;

    /// <summary>What <c>osism --help</c> prints.</summary>
    public static void WriteRoot(CliContext cli)
    {
        var text = new StringBuilder("""
            osism - the command line of a cloud pod's manager

            Usage: osism [OPTIONS] COMMAND ...

            Commands

            """);
        foreach (var entry in CommandTable.All.Where(entry => entry is { Works: true, IsAlias: false }))
            Row(text, entry.Name, entry.Summary);
        text.Append("\nOther names\n");
        foreach (var entry in CommandTable.All.Where(entry => entry is { Works: true, IsAlias: true }))
            Row(text, entry.Name, $"= {entry.Target}");
        text.Append("\nWith a later release\n");
        var later = CommandTable.All.Where(entry => !entry.Works).GroupBy(entry => entry.Name.Split(' ')[0], StringComparer.Ordinal)
            .Select(group => group.Count() == 1 ? group.First().Name : group.Key + "\u00a0...");
        Wrap(text, string.Join(", ", later), "  ");
        text.Append("""

            Options
              --version                     The version of this program
              -h, --help                    Help: of a command, of a group of commands ('osism task --help'), or this
              -v, --verbose                 Say more on stderr
              -q, --quiet                   Say nothing on stderr but errors
              --debug                       Show failures with their full trace

            Data goes to stdout, talk to stderr. Exit codes: 0 ok, 1 failed, 2 usage, 3 locked, 4 vault, 5 timed out,
            6 cancelled, 7 lost, 8 unreachable, 9 not found, 10 configuration, 11 denied, 12 manager away, 13 internal,
            130 detached: the job goes on.

            """);
        cli.Write(text.Replace('\u00a0', ' ').ToString());
    }

    /// <summary>What <c>osism GROUP --help</c> prints.</summary>
    public static void WriteGroup(CliContext cli, string group)
    {
        var text = new StringBuilder($"Usage: osism {group} COMMAND ...\n\nCommands\n");
        foreach (var entry in CommandTable.Below(group))
            Row(text, entry.Name, entry.Works ? entry.Summary : $"{entry.Summary} (later release)");
        cli.Write(text.ToString());
    }

    /// <summary>Help of a command that a later release brings.</summary>
    public static void WriteLater(CliContext cli, CommandEntry entry)
    {
        var text = new StringBuilder(entry.Summary).Append(". Comes with a later release.\n\n");
        Wrap(text, $"Usage: osism {entry.Name} {entry.Usage}", "", "  ");
        WriteMore(text, entry.Name);
        cli.Write(text.ToString());
    }

    public static void WriteCommand(CliContext cli, CommandEntry entry, Command command)
    {
        var text = new StringBuilder(entry.Summary).Append(".\n");
        if (entry.IsAlias)
            text.Append($"Another name of 'osism {entry.Target}'.\n");
        text.Append('\n');
        var arguments = string.Concat(command.Arguments.Select(argument => " " + Usage(argument)));
        text.Append($"Usage: osism {entry.Name}{(command.Options.Count > 0 ? " [OPTIONS]" : "")}{(command.Subcommands.Count > 0 ? " COMMAND ..." : "")}{arguments}\n");
        if (command.Description is { Length: > 0 } description && description != entry.Summary)
            text.Append('\n').Append(description).Append('\n');

        if (command.Arguments.Count > 0)
        {
            text.Append("\nArguments\n");
            foreach (var argument in command.Arguments)
                Row(text, argument.HelpName ?? argument.Name.ToUpperInvariant(), argument.Description);
        }

        if (command.Options.Count > 0)
        {
            text.Append("\nOptions\n");
            foreach (var option in command.Options)
                Row(text, Names(option), option.Description);
        }

        if (command.Subcommands.Count > 0)
        {
            text.Append("\nCommands\n");
            foreach (var below in command.Subcommands)
                Row(text, below.Name, below.Description);
        }

        WriteMore(text, entry.Name);
        cli.Write(text.ToString());
    }

    private static void WriteMore(StringBuilder text, string name)
    {
        var below = CommandTable.Below(name).ToList();
        if (below.Count == 0)
            return;
        text.Append("\nCommands\n");
        foreach (var entry in below)
            Row(text, entry.Name, entry.Works ? entry.Summary : $"{entry.Summary} (later release)");
    }

    private static string Usage(Argument argument)
    {
        var name = argument.HelpName ?? argument.Name.ToUpperInvariant();
        var many = argument.Arity.MaximumNumberOfValues > 1 ? "..." : "";
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}{many}]" : name + many;
    }

    private static string Names(Option option)
    {
        var names = string.Join(", ", option.Aliases.Append(option.Name).OrderBy(name => name.Length));
        return option.HelpName is { } value ? $"{names} {value}" : names;
    }

    private static void Row(StringBuilder text, string left, string? right)
    {
        const int Column = 30;
        text.Append("  ").Append(left);
        if (left.Length > Column - 2)
            text.Append('\n').Append(' ', Column + 2);
        else
            text.Append(' ', Column - left.Length);
        var indent = new string(' ', Column + 2);
        var wrapped = new StringBuilder();
        Wrap(wrapped, right ?? "", indent);
        text.Append(wrapped.ToString().AsSpan(indent.Length));
    }

    private static void Wrap(StringBuilder text, string words, string indent, string? nextIndent = null)
    {
        var column = indent.Length;
        text.Append(indent);
        var first = true;
        foreach (var word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!first && column + 1 + word.Length > Width)
            {
                text.Append('\n').Append(nextIndent ?? indent);
                column = (nextIndent ?? indent).Length;
                first = true;
            }

            if (!first)
            {
                text.Append(' ');
                column++;
            }

            text.Append(word);
            column += word.Length;
            first = false;
        }

        text.Append('\n');
    }
}
