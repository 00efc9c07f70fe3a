using System.Text.RegularExpressions;
using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Remote;

/// <summary>Commands of the container engine of a host, each a list of words.</summary>
internal static partial class EngineCommand
{
    // A constant that the container's shell gets as one word; many images have no bash.
    private const string BestShell = "command -v bash >/dev/null && exec bash; exec sh";

    /// <summary>Whatever somebody typed behind the host's name.</summary>
    public static IReadOnlyList<string> Any(RemoteHost host, IEnumerable<string> words) => [.. Program(host), .. words];

    /// <summary>A shell in a container.</summary>
    /// <param name="hasTerminal">Whether somebody sits at it.</param>
    /// <exception cref="OsismException"><c>request.invalid</c>: no container has such a name.</exception>
    public static IReadOnlyList<string> Shell(RemoteHost host, string container, bool hasTerminal) =>
        [.. Program(host), "exec", hasTerminal ? "-it" : "-i", Container(container), "sh", "-c", BestShell];

    /// <summary>The log of a container.</summary>
    /// <inheritdoc cref="Shell"/>
    public static IReadOnlyList<string> Logs(RemoteHost host, string container, IEnumerable<string> parameters) =>
        [.. Program(host), "logs", .. parameters, Container(container)];

    /// <summary>Compose, on a folder of services below <c>/opt</c>.</summary>
    /// <exception cref="OsismException"><c>request.invalid</c>: no folder below <c>/opt</c> has such a name.</exception>
    public static IReadOnlyList<string> Compose(RemoteHost host, string environment, IEnumerable<string> words) =>
        Name().IsMatch(environment)
            ? [.. Program(host), "compose", $"--project-directory=/opt/{environment}", .. words]
            : throw new OsismException(ErrorCodes.RequestInvalid, $"'{environment}' is no name of a folder below /opt: letters, digits, '.', '_' and '-'");

    /// <summary>A script of ours, to which the engine is <c>"$@"</c>.</summary>
    public static IReadOnlyList<string> Script(RemoteHost host, string script) => ["sh", "-c", script, "engine", .. Program(host)];

    // Containers of podman are those of the user who asks, and services are root's. Docker's daemon serves the group docker, to which the operator belongs.
    private static IReadOnlyList<string> Program(RemoteHost host) => host.Engine == ContainerEngine.Podman ? ["sudo", "podman"] : ["docker"];

    private static string Container(string name) =>
        Name().IsMatch(name) ? name : throw new OsismException(ErrorCodes.RequestInvalid, $"'{name}' is no name of a container: letters, digits, '.', '_' and '-'");

    /// <remarks>Source: Docker's own rule for names of containers.</remarks>
    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_.-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
