using Osism.Cli.Terminal;
using Osism.Contracts;

namespace Osism.Cli.Api;

/// <summary>Where the manager listens and what it must be told to let us in.</summary>
/// <param name="Name">For people: the socket's path, or host and port.</param>
/// <param name="Host">Host name or address; null on the socket.</param>
/// <param name="Token">Bearer token; null on the socket, where the kernel says who calls.</param>
internal sealed record ManagerAddress(string Name, string? Host, int Port, string? Token)
{
    public const string SocketName = "osismd.sock";

    /// <summary>Whether it is a Unix socket.</summary>
    public bool IsSocket => Host is null;

    /// <summary><c>OSISM_URL</c>, else the socket in <c>OSISM_HOME</c>, else the first socket there is among the usual places.</summary>
    /// <exception cref="ProblemException"><c>OSISM_URL</c> is not of the form http://HOST:PORT (<c>request.invalid</c>), or the file
    /// that <c>OSISM_TOKEN_FILE</c> names cannot be read (<c>file.missing</c>, <c>access.denied</c>).</exception>
    public static ManagerAddress Find(CliEnvironment environment)
    {
        if (environment.Url is { } url)
            return FromUrl(url, environment);

        var homes = Homes(environment);
        var home = homes.Count == 1 ? homes[0]
            : homes.Find(place => File.Exists(Path.Combine(place, SocketName))) ?? homes[0];
        var path = Path.Combine(home, SocketName);
        return new ManagerAddress(path, null, 0, null);
    }

    /// <summary>Folders a manager of this user may have, the likelier first.</summary>
    public static List<string> Homes(CliEnvironment environment) =>
        environment.Home is { } home ? [Path.GetFullPath(home)]
        : environment.IsRoot ? ["/var/lib/osism"]
        : [Path.Combine(environment.DataHome ?? Path.Combine(environment.UserHome, ".local/share"), "osism"), "/var/lib/osism"];

    /// <exception cref="ConnectException">Nobody listens, or we may not.</exception>
    public Stream Connect(CancellationToken cancellationToken) =>
        Host is null ? UnixStream.Connect(Name) : TcpConnect.Open(Host, Port, cancellationToken);

    private static ManagerAddress FromUrl(string url, CliEnvironment environment)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != "http" || uri.AbsolutePath != "/" || uri.Query.Length > 0)
        {
            throw new ProblemException(
                ErrorCodes.RequestInvalid, $"OSISM_URL is '{url}', but must be of the form http://HOST:PORT");
        }

        return new ManagerAddress($"{uri.Host}:{uri.Port}", uri.DnsSafeHost, uri.Port, FindToken(environment));
    }

    private static string? FindToken(CliEnvironment environment)
    {
        if (environment.TokenFile is { } named)
            return ReadToken(named);
        var usual = Homes(environment).Select(home => Path.Combine(home, "token")).FirstOrDefault(File.Exists);
        try
        {
            return usual is null ? null : ReadToken(usual);
        }
        catch (ProblemException)
        {
            // Somebody else's token: reading needs none, and a write is told that it needs one.
            return null;
        }
    }

    private static string ReadToken(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ProblemException(ErrorCodes.AccessDenied, $"the token file {path} may not be read by this user", e);
        }
        catch (IOException e)
        {
            throw new ProblemException(ErrorCodes.FileMissing, $"the token file {path} cannot be read: {e.Message}", e);
        }
    }
}
