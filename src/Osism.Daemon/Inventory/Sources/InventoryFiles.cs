using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Values;
using Osism.Daemon.Platform.Files;
using Osism.Protocols.Vault;

namespace Osism.Daemon.Inventory.Sources;

/// <summary>Reads the files of an inventory: opens encrypted ones, and makes values of YAML and JSON.</summary>
/// <param name="roots">Folders that links may lead into without a finding.</param>
internal sealed class InventoryFiles(AnsibleSettings settings, VaultSecrets vault, IReadOnlyList<string> roots, List<Finding> findings)
{
    // inode(7)
    private const int TypeBits = 0xf000;
    private const int RegularFile = 0x8000;

    /// <summary>Bytes of the largest file that is read; a whole site's variables are below 100 MB.</summary>
    public const long Largest = 256L << 20;

    /// <summary>Content of a file, decrypted when it is a vault text.</summary>
    /// <exception cref="SourceException">It is no ordinary file, too large, cannot be read or opened.</exception>
    public byte[] Read(string path)
    {
        byte[] content;
        try
        {
            ReportLink(path);
            var stamp = FileStamp.Of(path) ?? throw new SourceException("the file is not there");
            if ((stamp.Mode & TypeBits) != RegularFile)
                throw new SourceException("it is no ordinary file");
            if (stamp.Size > Largest)
                throw new SourceException($"the file has {stamp.Size >> 20} MB; more than {Largest >> 20} are not read");
            content = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new SourceException($"the file cannot be read: {e.Message}");
        }

        return AnsibleVault.IsEncrypted(content) ? vault.Open(content) : content;
    }

    /// <summary>The value a file of JSON or YAML holds.</summary>
    /// <exception cref="SourceException">As <see cref="Read"/>; or it is neither JSON nor YAML, or not UTF-8.</exception>
    public PyValue Load(string path)
    {
        var content = Read(path);
        var text = EscapedUtf8.Decode(content);
        if (JsonValues.Read(text) is { } value)
            return value;
        if (EscapedUtf8.IsEscaped(text))
            throw new SourceException("the file is not UTF-8", EscapedUtf8.LineOfBadByte(content) ?? 0);
        return YamlValues.Read(text, OnDuplicate);

        void OnDuplicate(PyValue key, int line)
        {
            var what = $"the key {PyRepr.Repr(key, _ => "")} occurs twice; the last one counts";
            if (settings.RefuseDuplicateKeys)
                throw new SourceException(what, line);
            findings.Add(new Finding(FindingCodes.DuplicateKey, path, line, what));
        }
    }

    /// <inheritdoc cref="VaultSecrets.Open(PyVault)"/>
    public string Open(PyVault text) => vault.Open(text);

    private void ReportLink(string path)
    {
        if (new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) is { } target
            && !roots.Any(root => target.FullName.StartsWith(root + "/", StringComparison.Ordinal)))
        {
            findings.Add(new Finding(FindingCodes.LinkOutside, path, 0, $"the link leads out of the inventory, to {target.FullName}"));
        }
    }
}
