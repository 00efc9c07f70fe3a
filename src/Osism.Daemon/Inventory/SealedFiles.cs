using System.Collections.Concurrent;
using System.Text;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Sources;
using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory;

/// <summary>Files of the inventory that the vault password of now does not open: runs that need them are refused.</summary>
/// <remarks>Asked when somebody wants to know, and not kept with a revision: a password that is set makes it good without a change of the sources.</remarks>
/// <param name="findPassword">The vault password as it is now; null = there is none.</param>
internal sealed class SealedFiles(Func<CancellationToken, Task<string?>> findPassword)
{
    // Trying a password takes milliseconds, which is what makes it one.
    private const int MostKnown = 20_000;

    private readonly ConcurrentDictionary<(string Path, string Sha256, string? Password), Finding?> _known = new();

    public async Task<IReadOnlyList<ReconcileFinding>> FindAsync(IReadOnlyList<InventorySecretFile> files, CancellationToken cancellationToken)
    {
        var encrypted = files.Where(file => file.Facts.NeedsVault).ToList();
        if (encrypted.Count == 0)
            return [];
        var password = await findPassword(cancellationToken);
        if (_known.Count > MostKnown)
            _known.Clear();
        return [.. encrypted
            .Select(file => _known.GetOrAdd(
                (file.Facts.Path, file.Facts.Sha256, password), static (key, one) => Try(one, new VaultSecrets(key.Password is null ? [] : [key.Password])), file))
            .OfType<Finding>()
            .Select(finding => new ReconcileFinding(finding, null))];
    }

    /// <summary>One text stands for its file: they are written with one password.</summary>
    private static Finding? Try(InventorySecretFile file, VaultSecrets vault)
    {
        var line = file.Facts.Encrypted ? 1 : file.Facts.Inline[0].Line;
        try
        {
            _ = vault.Open(file.Facts.Encrypted ? file.Content : Encoding.UTF8.GetBytes(file.Facts.Inline[0].Text));
            return null;
        }
        catch (SourceException e)
        {
            return new Finding(e.IsSealed ? FindingCodes.VariablesSealed : FindingCodes.VariablesBroken, file.Facts.Path, line, e.Message);
        }
    }
}
