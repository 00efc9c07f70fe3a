using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Remote;

/// <summary>What <c>osism console</c> is to open.</summary>
/// <param name="Pattern">Hosts, as the inventory knows them.</param>
/// <param name="Container">For a shell in it; null for the prompt of a container engine, and for other kinds.</param>
internal sealed record ConsoleTarget(ConsoleKind Kind, string Pattern, string? Container)
{
    private const string Types = "ssh, clush, container or ansible";

    /// <summary>Reads the shorthands: <c>HOST</c>, <c>HOST/</c>, <c>HOST/CONTAINER</c>, <c>.PATTERN</c>, <c>:GROUP</c>.</summary>
    /// <param name="type">Value of <c>--type</c>, which may stand instead of the signs; null when it was not given.</param>
    /// <exception cref="OsismException"><c>request.invalid</c></exception>
    public static ConsoleTarget Parse(string text, string? type)
    {
        var kind = type switch
        {
            null => text is ['.', ..] ? ConsoleKind.Ansible : text is [':', ..] ? ConsoleKind.Clush : text.Contains('/', StringComparison.Ordinal) ? ConsoleKind.Container : ConsoleKind.Ssh,
            "ssh" => ConsoleKind.Ssh,
            "clush" => ConsoleKind.Clush,
            "container" => ConsoleKind.Container,
            "ansible" => ConsoleKind.Ansible,
            _ => throw new OsismException(ErrorCodes.RequestInvalid, $"--type is '{type}': it must be {Types}"),
        };
        var (pattern, container) = kind switch
        {
            ConsoleKind.Ansible => (text.TrimStart('.'), null),
            ConsoleKind.Clush => (text.TrimStart(':'), null),
            ConsoleKind.Container when text.Split('/', 2) is [var host, var rest] => (host, rest.Length > 0 ? rest : null),
            _ => (text, (string?)null),
        };
        return pattern.Length > 0 && pattern[0] != '-'
            ? new ConsoleTarget(kind, pattern, container)
            : throw new OsismException(ErrorCodes.RequestInvalid, $"'{text}' names no host: HOST, HOST/, HOST/CONTAINER, .PATTERN or :GROUP");
    }
}

/// <summary>See <c>docs/handbook/console.md</c>.</summary>
internal enum ConsoleKind
{
    Ssh,
    Clush,
    Container,
    Ansible,
}
