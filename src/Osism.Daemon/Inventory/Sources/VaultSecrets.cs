using System.Text;
using Osism.Daemon.Inventory.Values;
using Osism.Protocols.Vault;

namespace Osism.Daemon.Inventory.Sources;

/// <summary>The vault passwords that are known here; none is allowed.</summary>
internal sealed class VaultSecrets(IReadOnlyList<string> passwords)
{
    public static readonly VaultSecrets None = new([]);

    /// <summary>Opens a vault text with the first password that fits.</summary>
    /// <exception cref="SourceException">There is no password, none fits, or the text is damaged.</exception>
    public byte[] Open(ReadOnlySpan<byte> content)
    {
        if (passwords.Count == 0)
            throw new SourceException("it is encrypted, and there is no vault password") { IsSealed = true };
        foreach (var password in passwords)
        {
            try
            {
                return AnsibleVault.Decrypt(content, password);
            }
            catch (VaultPasswordException)
            {
                // The next one may fit.
            }
            catch (VaultFormatException e)
            {
                throw new SourceException($"the vault text is damaged: {e.Message}", e.Line);
            }
        }

        throw new SourceException("no vault password opens it") { IsSealed = true };
    }

    /// <inheritdoc cref="Open(ReadOnlySpan{byte})"/>
    public string Open(PyVault vault) => EscapedUtf8.Decode(Open(Encoding.UTF8.GetBytes(vault.Ciphertext)));
}
