using System.CommandLine;
using System.CommandLine.Parsing;
using Osism.Cli.Api;
using Osism.Cli.CommandLine;
using Osism.Cli.Terminal;
using Osism.Contracts;

namespace Osism.Cli.Ara;

/// <summary><c>osism log ansible</c> without more: a prompt for the same commands, as ARA's shell is one.</summary>
internal static class AraPrompt
{
    private const string Prompt = "(ara) ";

    /// <exception cref="ProblemException">Nobody sits there (<c>request.invalid</c>).</exception>
    public static int Run(CliContext cli)
    {
        if (!cli.Screen.InputIsTerminal)
            throw new ProblemException(ErrorCodes.RequestInvalid, "'osism log ansible' needs a command, such as 'playbook list', or a terminal to ask for some; see 'osism log ansible --help'");
        using var input = new StreamReader(cli.Input, leaveOpen: true);
        while (true)
        {
            cli.Talk.Ask(Prompt);
            switch (TypedInput.Read(input.ReadLine, cli.Interrupts.Leave)?.Trim())
            {
                case null or "exit" or "quit" or "q":
                    return ExitCode.Success;
                case "":
                    break;
                case var line:
                    Do(cli, [.. CommandLineParser.SplitCommandLine(line)]);
                    break;
            }
        }
    }

    /// <summary>One line; what is wrong with it does not end the others.</summary>
    private static void Do(CliContext cli, List<string> words)
    {
        var command = AraCommand.Create(cli);
        if (words is ["help" or "--help" or "-h" or "complete", ..])
        {
            HelpWriter.WriteCommand(cli, CommandTable.Find("log ansible")!, command);
            return;
        }

        try
        {
            var parsed = command.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Errors.Count > 0)
                throw new ProblemException(ErrorCodes.RequestInvalid, $"{parsed.Errors[0].Message} 'help' shows what there is.");
            parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (ProblemException e)
        {
            cli.Talk.Write(e.ToLine());
        }
    }
}
