using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory.Reconciling;

namespace Osism.Daemon.Inventory;

/// <summary>Finds in a published folder what holds secrets: for revisions that were not made just now.</summary>
internal sealed class RevisionSecrets(YamlScan scan)
{
    // One reference, as several may ask at the same time.
    private Found? _last;

    public async Task<IReadOnlyList<InventorySecretFile>> FindAsync(long revision, string folder, CancellationToken cancellationToken)
    {
        if (_last is { } last && last.Revision == revision)
            return last.Files;
        var found = new List<InventorySecretFile>();
        foreach (var (name, origin) in InventoryOrigins.Read(folder).Files)
        {
            var content = await File.ReadAllBytesAsync(Path.Combine(folder, name), cancellationToken);
            if (content.AsSpan().IndexOf("$ANSIBLE_VAULT"u8) < 0 && Path.GetFileNameWithoutExtension(origin.Source) != "secrets")
                continue;
            var facts = await scan.ScanAsync(origin.Source, content, cancellationToken);
            if (facts.NeedsVault || facts.IsSecrets)
                found.Add(new InventorySecretFile(facts, content));
        }

        _last = new Found(revision, found);
        return found;
    }

    private sealed record Found(long Revision, IReadOnlyList<InventorySecretFile> Files);
}
