using System.Net;
using System.Net.Sockets;
using Osism.Contracts;
using Osism.Daemon.Ansible;
using Osism.Daemon.Inventory;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Sources;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Remote;

/// <summary>Hosts of the published inventory, as this machine has it on its disk: so they are reached also while the manager is away.</summary>
internal sealed class RemoteHosts(RevisionFolders folders, HostLogins logins)
{
    private InventoryReading? _reading;

    /// <summary>Where the inventory lies.</summary>
    /// <exception cref="OsismException"><c>file.missing</c>: none was published here yet.</exception>
    public string Folder => folders.Current is { } revision && Directory.Exists(folders.Of(revision))
        ? folders.Of(revision)
        : throw new OsismException(ErrorCodes.FileMissing, "this manager has no inventory yet: start it, then 'osism sync inventory' says what is missing");

    /// <summary>Hosts that a pattern means, in the order of the pattern.</summary>
    /// <param name="limit">A pattern that must mean them too; null = no limit.</param>
    /// <returns>None when the inventory knows nothing of this name.</returns>
    /// <exception cref="OsismException"><c>request.invalid</c>: it is no pattern. <c>configuration.broken</c>: the inventory says of a host what cannot be.</exception>
    public IReadOnlyList<RemoteHost> Match(string pattern, string? limit)
    {
        try
        {
            var found = Reading.Patterns.Match(pattern);
            if (limit is null)
                return [.. found.Select(Of)];
            var within = Reading.Patterns.Match(limit).Select(host => host.Name).ToHashSet(StringComparer.Ordinal);
            return [.. found.Where(host => within.Contains(host.Name)).Select(Of)];
        }
        catch (InventoryException e)
        {
            throw InventoryAnswer.Translate(e);
        }
    }

    /// <summary>What the name service knows, for a host that is in no inventory; null when it does not know it either.</summary>
    public async Task<RemoteHost?> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        if (!RemoteHost.IsHostName(name))
            return null;
        try
        {
            return (await Dns.GetHostAddressesAsync(name, cancellationToken)).Length > 0 ? RemoteHost.Of(name, name, HostLogins.UserOf(Config)) : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>That nothing goes by this name.</summary>
    public OsismException Unknown(string pattern, string? limit) => new(
        ErrorCodes.HostUnknown, $"no host of the inventory matches '{pattern}'{(limit is null ? "" : $" within '{limit}'")}")
    {
        Nearest = NearestNames.Find(pattern, Reading.Inventory.Hosts.Select(host => host.Name).Concat(Reading.Inventory.Groups.Select(group => group.Name))),
    };

    /// <summary>What the inventory says of a name for the first host of a group; null when it says nothing plain.</summary>
    public string? ValueOf(string group, string name) => Reading.Inventory.FindGroup(group)?.AllHosts is [var first, ..] ? HostLogins.Plain(Reading, first, name) : null;

    /// <summary>Effective ansible.cfg where no environment has its say.</summary>
    public MergedConfig Config => field ??= logins.Config();

    private InventoryReading Reading => _reading ??= Read(Folder);

    private static InventoryReading Read(string folder)
    {
        try
        {
            // Nothing that is encrypted is needed to reach a host.
            return InventoryReading.Read([folder], null, playbookIsNamed: false, RevisionSettings.Reading, new VaultSecrets([]));
        }
        catch (InventoryException e)
        {
            throw InventoryAnswer.Translate(e);
        }
    }

    private RemoteHost Of(InventoryHost host) => logins.Of(Reading, host, Config);
}
