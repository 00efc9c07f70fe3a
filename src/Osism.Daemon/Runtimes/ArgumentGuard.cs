using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Runtimes;

/// <summary>Refuses arguments of ansible-playbook that ask a person something: nobody sits at a run.</summary>
internal static class ArgumentGuard
{
    // argparse takes any unambiguous beginning of a long option; shorter ones than this are ambiguous to it.
    private const int ShortestBeginning = 5;
    private const string ValueOptions = "ceiflMtTu";

    private static readonly string[] Asking =
        ["--step", "--ask-pass", "--ask-become-pass", "--ask-vault-pass", "--ask-vault-password"];

    /// <exception cref="OsismException"><c>request.invalid</c> names the argument and what to do instead.</exception>
    public static void Check(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument == "--")
                return;
            if (argument.StartsWith("--", StringComparison.Ordinal))
                CheckLong(argument);
            else if (argument.Length > 1 && argument[0] == '-' && CheckShort(argument))
                i++;
        }
    }

    private static void CheckLong(string argument)
    {
        var name = argument.Split('=', 2)[0];
        if (name.Length >= ShortestBeginning && Asking.Any(option => option.StartsWith(name, StringComparison.Ordinal)))
            throw Refuse(argument, name.StartsWith("--ste", StringComparison.Ordinal) ? 's' : 'k');
    }

    /// <returns>Whether the next element is the value of the last letter.</returns>
    private static bool CheckShort(string argument)
    {
        for (var at = 1; at < argument.Length; at++)
        {
            if (argument[at] is 'k' or 'K' or 'J')
                throw Refuse(argument, 'k');
            if (ValueOptions.Contains(argument[at], StringComparison.Ordinal))
                return at == argument.Length - 1;
        }

        return false;
    }

    private static OsismException Refuse(string argument, char kind) => new(
        ErrorCodes.RequestInvalid,
        kind == 's'
            ? $"the argument {argument} waits for an answer to each task, and nobody can answer a run"
            : $"the argument {argument} asks for a password, and nobody can answer a run; put passwords into secrets.yml and the vault password into 'osism vault password set'");
}
