using System.Text.RegularExpressions;
using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Remote;

/// <summary>A host as a command reaches it. Everything in it is safe in a configuration of ssh: what is not, is refused when it is made.</summary>
internal sealed partial record RemoteHost
{
    private RemoteHost(string name, string address, string user) => (Name, Address, User) = (name, address, user);

    /// <summary>In the inventory.</summary>
    public string Name { get; }

    public string Address { get; }

    public string User { get; }

    /// <summary>Null = what ssh takes.</summary>
    public int? Port { get; private init; }

    /// <summary>Key of its own (<c>ansible_ssh_private_key_file</c>); null = the operator's.</summary>
    public string? KeyFile { get; private init; }

    /// <summary>What runs its containers.</summary>
    public ContainerEngine Engine { get; private init; }

    /// <summary>Whether it is this machine, without ssh (<c>ansible_connection: local</c>).</summary>
    public bool IsLocal { get; private init; }

    /// <exception cref="OsismException"><c>configuration.broken</c>: the inventory says something about the host that ssh must not be told.</exception>
    public static RemoteHost Of(string name, string address, string user, string? port = null, string? keyFile = null, ContainerEngine engine = default, bool isLocal = false)
    {
        Require(HostName().IsMatch(name), name, "name", name);
        Require(HostName().IsMatch(address), name, "address", address);
        Require(UserName().IsMatch(user), name, "user", user);
        Require(keyFile is null || KeyPath().IsMatch(keyFile), name, "key file", keyFile!);
        var number = 0;
        Require(port is null || (int.TryParse(port, out number) && number is > 0 and < 65536), name, "port", port!);
        return new RemoteHost(name, address, user) { Port = port is null ? null : number, KeyFile = keyFile, Engine = engine, IsLocal = isLocal };
    }

    /// <summary>Whether a text could be the name or the address of a host: letters, digits, <c>. _ - : %</c>, and no option.</summary>
    public static bool IsHostName(string text) => HostName().IsMatch(text);

    private static void Require(bool isGood, string host, string what, string value)
    {
        if (!isGood)
            throw new OsismException(ErrorCodes.ConfigurationBroken, $"the {what} of the host '{host}' is '{value}', which is nothing to log in with: correct it in the inventory");
    }

    // \z and not $, which also matches before a line end.
    [GeneratedRegex(@"\A[A-Za-z0-9_:][A-Za-z0-9_.:%-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex HostName();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_.@-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex UserName();

    [GeneratedRegex(@"\A[/~][^\x00-\x1f""$%\\]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex KeyPath();
}

/// <summary>What runs containers on a host.</summary>
internal enum ContainerEngine
{
    Docker,
    Podman,
}
