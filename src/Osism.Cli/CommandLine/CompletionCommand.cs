using System.CommandLine;
using Osism.Cli.Api;
using Osism.Cli.Jobs;
using Osism.Contracts;

namespace Osism.Cli.CommandLine;

/// <summary><c>osism completion bash|zsh</c>, and <c>osism complete</c>, which those scripts ask for every word.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # For ~/.bashrc: source <(osism completion bash)
        _osism() {
            local IFS=$'\n'
            COMPREPLY=($(osism complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
        }
        complete -o default -F _osism osism

        """;

    private const string Zsh = """
        #compdef osism
        # For ~/.zshrc, after compinit: source <(osism completion zsh)
        _osism() {
            local -a found
            found=(${(f)"$(osism complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
            if (( $#found )); then compadd -a found; else _files; fi
        }
        compdef _osism osism

        """;

    /// <summary>How long a person who pressed Tab is made to wait for names that only the manager knows.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static Command Create(CliContext cli)
    {
        var shell = new Argument<string>("shell") { Description = "bash or zsh" };
        shell.AcceptOnlyFromAmong("bash", "zsh");
        var command = new Command("completion", "To use it at once: source <(osism completion bash)") { shell };
        command.SetAction(parsed =>
        {
            cli.Write(parsed.GetValue(shell) == "zsh" ? Zsh : Bash);
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>Prints what the last of the words may become, one a line.</summary>
    /// <param name="words">What stands behind <c>osism</c>, the unfinished word last.</param>
    public static int Complete(CliContext cli, string[] words, CancellationToken cancellationToken)
    {
        var unfinished = words.Length == 0 ? "" : words[^1];
        foreach (var candidate in Candidates(cli, words.SkipLast(1).ToList(), unfinished, cancellationToken))
        {
            if (candidate.StartsWith(unfinished, StringComparison.Ordinal))
                cli.WriteLine(candidate);
        }

        return ExitCode.Success;
    }

    private static IEnumerable<string> Candidates(
        CliContext cli, List<string> words, string unfinished, CancellationToken cancellationToken)
    {
        var typed = words.TakeWhile(word => !word.StartsWith('-')).ToList();
        for (var count = Math.Min(typed.Count, CommandRunner.LongestName); count > 0; count--)
        {
            if (CommandTable.Find(string.Join(' ', typed.Take(count))) is not { } entry)
                continue;
            var next = count == typed.Count ? NextWords(entry.Name) : [];
            if (!entry.Works)
                return next;
            var command = CommandFactory.Create(entry.Target, cli)!;
            if (unfinished.StartsWith('-'))
                return command.Options.SelectMany(option => option.Aliases.Append(option.Name)).Append("--help").Order(StringComparer.Ordinal);
            return next.Concat(Names(cli, entry.Target, words.Skip(count).ToList(), cancellationToken));
        }

        return NextWords(string.Join(' ', typed));
    }

    /// <summary>The words that follow these in the names of commands.</summary>
    private static IEnumerable<string> NextWords(string words) =>
        (words.Length == 0 ? CommandTable.All : CommandTable.Below(words))
            .Select(entry => entry.Name[(words.Length == 0 ? 0 : words.Length + 1)..].Split(' ')[0])
            .Distinct(StringComparer.Ordinal);

    private static List<string> Collections(CliContext cli, CancellationToken cancellationToken) =>
        cli.Api.GetList(ApiRoutes.Collections, collection => collection.Text("name"), cancellationToken);

    private static List<string> Names(
        CliContext cli, string command, List<string> typed, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Patience, cli.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            switch (command)
            {
                case "apply" or "explain" when typed.All(word => word.StartsWith('-')):
                    return cli.Api.GetList(ApiRoutes.Roles, role => role.Text("role"), both.Token);
                case "validate" when typed.All(word => word.StartsWith('-')):
                    return [.. Validators.All.Select(validator => validator.Name)];
                case "collection show":
                    return Collections(cli, both.Token);
                case "collection status" or "collection resume" or "collection cancel":
                    return cli.Api.GetList(ApiRoutes.CollectionRuns, run => run.Text("id"), both.Token);
                case "task show" or "task output" or "task revoke" or "log" or "wait":
                    return (cli.Api.GetList(ApiRoutes.Jobs, job => job.Text("id"), both.Token));
                case "services show" or "services health" or "services deploy" or "services upgrade":
                    return cli.Api.GetList(ApiRoutes.Services, service => service.Text("name"), both.Token);
                case "get status":
                    return ["workers"];
                case "completion":
                    return ["bash", "zsh"];
                default:
                    return [];
            }
        }
        catch (Exception e) when (e is ProblemException or OperationCanceledException)
        {
            // Without a manager there are no names of its own to offer; the shell goes on with what it has.
            return [];
        }
    }
}
