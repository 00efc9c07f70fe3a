using System.Globalization;
using Osism.Cli.Api;
using Osism.Contracts;

namespace Osism.Cli.Terminal;

/// <summary>What <c>osism</c> takes from its environment. The only file that reads it; names are fixed for outsiders.</summary>
internal sealed record CliEnvironment
{
    /// <summary><c>OSISM_HOME</c>: the manager's folder. Null = look in the usual places.</summary>
    public string? Home { get; init; }

    /// <summary><c>OSISM_URL</c>: <c>http://HOST:PORT</c> of a manager, instead of the socket in <see cref="Home"/>.</summary>
    public string? Url { get; init; }

    /// <summary><c>OSISM_TOKEN_FILE</c>: file with the token for <see cref="Url"/>. Default: <c>token</c> in the manager's folder.</summary>
    public string? TokenFile { get; init; }

    /// <summary><c>OSISM_DAEMON</c>: the program <c>osismd</c>, where it is not beside this one.</summary>
    public string? Daemon { get; init; }

    /// <summary><c>OSISM_APPLY_RETRY</c>: default of <c>apply --retry</c>.</summary>
    public string? ApplyRetry { get; init; }

    /// <summary><c>OSISM_TASK_TIMEOUT</c>: default of <c>apply --timeout</c>, in seconds.</summary>
    public string? TaskTimeout { get; init; }

    /// <summary><c>NO_COLOR</c>, or a <c>TERM</c> that cannot show colours.</summary>
    public bool NoColour { get; init; }

    /// <summary>Home directory of the user.</summary>
    public string UserHome { get; init; } = "/";

    /// <summary><c>XDG_DATA_HOME</c>, where it is an absolute path as its specification wants it. Default: <c>.local/share</c> below <see cref="UserHome"/>.</summary>
    public string? DataHome { get; init; }

    /// <summary>Whether the effective user is root.</summary>
    public bool IsRoot { get; init; }

    public static CliEnvironment Read() => Of(Environment.GetEnvironmentVariable, Environment.IsPrivilegedProcess);

    /// <param name="find">Gives a variable's value, or null. An empty one counts as none.</param>
    /// <param name="isRoot">See <see cref="IsRoot"/>.</param>
    public static CliEnvironment Of(Func<string, string?> find, bool isRoot)
    {
        string? Variable(string name) => find(name) is { Length: > 0 } value ? value : null;

        return new CliEnvironment
        {
            Home = Variable("OSISM_HOME"),
            Url = Variable("OSISM_URL"),
            TokenFile = Variable("OSISM_TOKEN_FILE"),
            Daemon = Variable("OSISM_DAEMON"),
            ApplyRetry = Variable("OSISM_APPLY_RETRY"),
            TaskTimeout = Variable("OSISM_TASK_TIMEOUT"),
            NoColour = Variable("NO_COLOR") is not null || Variable("TERM") is "dumb",
            UserHome = Variable("HOME") ?? "/",
            DataHome = Variable("XDG_DATA_HOME") is ['/', ..] data ? data : null,
            IsRoot = isRoot,
        };
    }

    /// <summary>A whole number that a variable holds.</summary>
    /// <exception cref="ProblemException">It is no number, or a negative one (<c>request.invalid</c>).</exception>
    public static int Number(string? value, string variable, int otherwise) =>
        value is null ? otherwise
        : int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new ProblemException(ErrorCodes.RequestInvalid, $"{variable} is '{value}', but must be a whole number");
}
