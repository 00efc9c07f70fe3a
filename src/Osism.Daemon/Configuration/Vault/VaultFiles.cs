using System.Text;
using Osism.Contracts;
using Osism.Contracts.Vault;
using Osism.Daemon.Platform;
using Osism.Protocols.Vault;

namespace Osism.Daemon.Configuration.Vault;

/// <summary>Shows and decrypts vault files of the configuration repository.</summary>
internal sealed class VaultFiles(RepositoryFiles repository, VaultPasswords passwords)
{
    /// <summary>The plain text of a file. One that is not encrypted is given as it is, without a password.</summary>
    /// <exception cref="OsismException"><c>access.denied</c>, <c>file.missing</c>, <c>vault.sealed</c>, <c>vault.wrong_password</c>, <c>vault.broken</c> and what reading a file may give.</exception>
    public async Task<VaultContent> ViewAsync(string path, CancellationToken cancellationToken)
    {
        var content = await repository.ReadAsync(path, cancellationToken);
        var encrypted = AnsibleVault.IsEncrypted(content);
        var plain = encrypted ? await DecryptAsync(path, content, cancellationToken) : content;
        return new VaultContent(path, encrypted, Encoding.UTF8.GetString(plain));
    }

    /// <summary>Stores a file as plain text, in one step; mode and owner stay. One that is not encrypted is left alone.</summary>
    /// <returns>Whether it was encrypted.</returns>
    /// <exception cref="OsismException">As <see cref="ViewAsync"/>; <c>repository.unreadable</c> when it cannot be written.</exception>
    public async Task<bool> DecryptInPlaceAsync(string path, CancellationToken cancellationToken)
    {
        var content = await repository.ReadAsync(path, cancellationToken);
        if (!AnsibleVault.IsEncrypted(content))
            return false;
        await repository.ReplaceAsync(path, await DecryptAsync(path, content, cancellationToken), cancellationToken);
        return true;
    }

    /// <summary>Opens a vault text of the repository with a password that is known.</summary>
    /// <param name="path">For the error.</param>
    /// <param name="content">The vault text.</param>
    /// <param name="password">What to try.</param>
    /// <exception cref="OsismException"><c>vault.wrong_password</c>, <c>vault.broken</c> with file and line.</exception>
    public static byte[] Decrypt(string path, ReadOnlySpan<byte> content, string password)
    {
        try
        {
            return AnsibleVault.Decrypt(content, password);
        }
        catch (VaultPasswordException e)
        {
            throw new OsismException(ErrorCodes.VaultWrongPassword, $"the vault password does not open {path}", e) { File = path };
        }
        catch (VaultFormatException e)
        {
            throw new OsismException(ErrorCodes.VaultBroken, $"{path}, line {e.Line}: {e.Message}", e) { File = path, Line = e.Line };
        }
    }

    private async Task<byte[]> DecryptAsync(string path, byte[] content, CancellationToken cancellationToken) =>
        await passwords.FindAsync(cancellationToken) is { } password
            ? Decrypt(path, content, password.Value)
            : throw new OsismException(ErrorCodes.VaultSealed, $"{path} is encrypted and no vault password is set; set it with 'osism vault password set'") { File = path };
}
