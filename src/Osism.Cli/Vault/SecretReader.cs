using System.Text;
using Osism.Cli.Terminal;

namespace Osism.Cli.Vault;

/// <summary>Reads a secret without showing it.</summary>
internal static class SecretReader
{
    /// <summary>Keys up to Enter on a terminal, where nothing is echoed; otherwise all of stdin without the line's end at its end.</summary>
    /// <exception cref="OperationCanceledException">A signal came first.</exception>
    public static string Read(CliContext cli, string prompt, CancellationToken cancellationToken)
    {
        if (!cli.Screen.InputIsTerminal)
        {
            var text = TypedInput.Read(() => ReadAll(cli.Input), cancellationToken);
            return text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
        }

        cli.Talk.Ask(prompt);
        try
        {
            return TypedInput.Read(ReadKeys, cancellationToken);
        }
        finally
        {
            cli.Talk.Write("");
        }
    }

    private static string ReadAll(Stream input)
    {
        using var reader = new StreamReader(input, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return reader.ReadToEnd();
    }

    private static string ReadKeys()
    {
        var typed = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    return typed.ToString();
                case ConsoleKey.Backspace when typed.Length > 0:
                    typed.Length--;
                    break;
                case ConsoleKey.U when key.Modifiers == ConsoleModifiers.Control:
                    typed.Clear();
                    break;
                default:
                    if (!char.IsControl(key.KeyChar))
                        typed.Append(key.KeyChar);
                    break;
            }
        }
    }
}
