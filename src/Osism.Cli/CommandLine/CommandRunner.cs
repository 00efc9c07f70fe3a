using System.CommandLine;
using Osism.Cli.Api;
using Osism.Cli.Jobs;
using Osism.Cli.Remote;
using Osism.Cli.Terminal;
using Osism.Contracts;

namespace Osism.Cli.CommandLine;

/// <summary>From the words of the command line to an exit code. The one place where failures end.</summary>
internal static class CommandRunner
{
    /// <summary>Words of the longest command name.</summary>
    public const int LongestName = 4;

    public static int Run(CliContext cli, string[] args)
    {
        var options = new GlobalOptions();
        try
        {
            return Dispatch(cli, args, options);
        }
        catch (Exception e)
        {
            return Failed(cli, options, e);
        }
    }

    private static int Dispatch(CliContext cli, string[] args, GlobalOptions options)
    {
        var first = 0;
        while (first < args.Length && options.Take(args[first]))
            first++;
        options.ApplyTo(cli.Talk);
        if (options.Version)
        {
            cli.WriteLine($"osism {typeof(CommandRunner).Assembly.GetName().Version?.ToString(3)}");
            return ExitCode.Success;
        }

        if (first == args.Length)
        {
            HelpWriter.WriteRoot(cli);
            return ExitCode.Success;
        }

        if (args[first] == "complete")
            return CompletionCommand.Complete(cli, args[(first + 1)..], cli.Interrupts.Leave);

        var entry = Match(args, first, out var words);
        if (entry is null)
            return Unknown(cli, args, first, options);

        var rest = args[(first + words)..];
        if (!entry.Works)
            return Later(cli, entry, rest, options);
        if (entry.Target == "apply")
            return ApplyCommand.Run(cli, rest, options, cli.Interrupts.Leave);
        if (entry.Target == "validate")
            return ValidateCommand.Run(cli, rest, options, cli.Interrupts.Leave);
        if (entry.Target == "explain")
            return ApplyCommand.RunExplain(cli, rest, options, cli.Interrupts.Leave);

        if (HostCommands.Names.Contains(entry.Target, StringComparer.Ordinal))
            return HostCommands.Run(cli, entry, rest, options);

        var own = options.TakeFrom(rest);
        options.ApplyTo(cli.Talk);
        var command = CommandFactory.Create(entry.Target, cli)!;
        if (options.Help)
        {
            (entry, command) = Below(entry, command, own);
            HelpWriter.WriteCommand(cli, entry, command);
            return ExitCode.Success;
        }

        var parsed = command.Parse(own, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
            throw new ProblemException(ErrorCodes.RequestInvalid, $"{parsed.Errors[0].Message} See 'osism {entry.Name} --help'.");
        return parsed.Invoke(
            new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>The command within a command whose help is asked for.</summary>
    private static (CommandEntry Entry, Command Command) Below(CommandEntry entry, Command command, List<string> words)
    {
        foreach (var word in words)
        {
            if (command.Subcommands.FirstOrDefault(below => below.Name == word) is not { } next)
                break;
            command = next;
            entry = new CommandEntry($"{entry.Name} {word}", $"{entry.Target} {word}", entry.Works, next.Description ?? "", "");
        }

        return (entry, command);
    }

    private static CommandEntry? Match(string[] args, int first, out int words)
    {
        words = 0;
        while (words < LongestName && first + words < args.Length && !args[first + words].StartsWith('-'))
            words++;
        for (; words > 0; words--)
        {
            if (CommandTable.Find(string.Join(' ', args, first, words)) is { } entry)
                return entry;
        }

        return null;
    }

    private static int Later(CliContext cli, CommandEntry entry, string[] rest, GlobalOptions options)
    {
        options.TakeFrom(rest);
        if (options.Help)
        {
            HelpWriter.WriteLater(cli, entry);
            return ExitCode.Success;
        }

        throw new ProblemException(ErrorCodes.CommandNotYet, $"'osism {entry.Name}' comes with a later release");
    }

    private static int Unknown(CliContext cli, string[] args, int first, GlobalOptions options)
    {
        var words = args.Skip(first).TakeWhile(word => !word.StartsWith('-')).ToList();
        options.TakeFrom(args[(first + words.Count)..]);
        if (words.Count == 0)
            throw new ProblemException(ErrorCodes.RequestInvalid, $"there is no option '{args[first]}' before a command; see 'osism --help'");

        var group = string.Join(' ', words);
        if (CommandTable.Below(group).Any())
        {
            if (options.Help)
            {
                HelpWriter.WriteGroup(cli, group);
                return ExitCode.Success;
            }

            throw new ProblemException(
                ErrorCodes.RequestInvalid,
                $"'osism {group}' needs one more word: {string.Join(", ", CommandTable.Below(group).Select(entry => entry.Name[(group.Length + 1)..]))}");
        }

        var problem = ErrorCodes.RequestInvalid;
        throw new ProblemException(new ProblemInfo(problem.Status, problem.Code, $"there is no command 'osism {group}'; see 'osism --help'")
        {
            Nearest = NearestNames.Find(group, CommandTable.All.Select(entry => entry.Name)) is { Count: > 0 } nearest ? nearest : null,
        });
    }

    private static int Failed(CliContext cli, GlobalOptions options, Exception exception)
    {
        cli.Talk.ClearStatus();
        if (options.Debug && exception is not OutputException)
            cli.Talk.Write(exception.ToString());
        switch (exception)
        {
            case ProblemException problem:
                cli.Talk.Write(problem.ToLine());
                return problem.ExitCode;
            case OutputException { Closed: true }:
                // As with 'osism task list | head': the reader has what it wanted.
                return ExitCode.Success;
            case OutputException output:
                cli.Talk.Write($"error: {ErrorCodes.InternalError.Code}: stdout cannot be written: {output.Message}");
                return ExitCode.Internal;
            case OperationCanceledException when cli.Interrupts.Leave.IsCancellationRequested:
                return ExitCode.Detached;
            default:
                cli.Talk.Write(
                    $"error: {ErrorCodes.InternalError.Code}: {exception.GetType().Name}: {exception.Message}".ReplaceLineEndings(" ")
                    + (options.Debug ? "" : " (--debug shows where)"));
                return ExitCode.Internal;
        }
    }
}
