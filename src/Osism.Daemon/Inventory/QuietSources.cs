using Osism.Daemon.Inventory.Reconciling;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Inventory;

/// <summary>Whether the sources are as they were read: by the kernel's word that nothing happened in their folders, else by the stamps of all files.</summary>
/// <remarks>The stamps of a pod of 2,000 hosts cost milliseconds, which each question would pay. As there is what the kernel does not tell (<see cref="FolderWatch"/>),
/// its word counts for <see cref="Trust"/> only.</remarks>
internal sealed class QuietSources(InventoryLayers layers, TimeProvider time) : IDisposable
{
    /// <summary>How long the stamps are not looked at while nothing happens.</summary>
    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(2);

    /// <summary>After the kernel gave no watch it is not asked again at once.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromMinutes(1);

    private readonly FolderWatch _watch = new();
    private Quiet? _quiet;
    private long? _refused;

    public bool IsUnchanged(LayeredInventory read)
    {
        if (_quiet is { } quiet && ReferenceEquals(quiet.Read, read) && time.GetElapsedTime(quiet.LookedAt) < Trust
            && layers.IsTopUnchanged(read) && _watch.IsQuietSince(quiet.Moment))
        {
            return true;
        }

        // First: what happens while the stamps are looked at counts as a change after it.
        var at = time.GetTimestamp();
        var moment = Begin(read);
        if (!layers.IsUnchanged(read))
            return false;
        _quiet = moment is { } begun ? new Quiet(read, begun, at) : null;
        return true;
    }

    public void Dispose() => _watch.Dispose();

    private long? Begin(LayeredInventory read)
    {
        if ((_refused is { } refused && time.GetElapsedTime(refused) < Retry) || InventoryLayers.FoldersOf(read) is not { } folders)
            return null;
        var moment = _watch.Begin(folders);
        _refused = moment is null ? time.GetTimestamp() : null;
        return moment;
    }

    /// <param name="Read">What was looked at.</param>
    /// <param name="Moment">Since when the kernel tells.</param>
    /// <param name="LookedAt">When the stamps were looked at.</param>
    private sealed record Quiet(LayeredInventory Read, long Moment, long LookedAt);
}
