using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Vault;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Secrets;

namespace Osism.Daemon.Configuration.Vault;

/// <summary>Keeps the vault password in the database, sealed for this manager and every other member, so that it survives restarts and is readable nowhere.</summary>
/// <remarks>The plain password is held no longer than a call lasts; nothing is cached.</remarks>
internal sealed class VaultKeeper(NpgsqlDataSource database, SealKeyFile keyFile, Sealer sealer, SecretStore secrets)
{
    // Names the row and, as the seal's context, ties the blob to it. Never changes.
    private const string Name = "vault_password";

    /// <summary>Stores the password in the place of any earlier one.</summary>
    /// <param name="password">White space around it is cut off, as Ansible does.</param>
    /// <param name="by">Who sets it.</param>
    /// <exception cref="OsismException"><c>request.invalid</c>: it is empty. <c>vault.sealed</c>: our key file cannot be used.</exception>
    public async Task SetPasswordAsync(string password, string by, CancellationToken cancellationToken)
    {
        var value = VaultPassword.Normalize(password ?? "");
        if (value.Length == 0)
            throw new OsismException(ErrorCodes.RequestInvalid, "the vault password is empty");
        var plain = Encoding.UTF8.GetBytes(value);
        try
        {
            await secrets.PutAsync(Name, plain, by, cancellationToken);
        }
        catch (SealException e)
        {
            throw new OsismException(ErrorCodes.VaultSealed, $"the vault password cannot be stored: {e.Message}", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>Forgets the password.</summary>
    /// <returns>False when there was none.</returns>
    public Task<bool> UnsetAsync(CancellationToken cancellationToken) => secrets.RemoveAsync(Name, cancellationToken);

    /// <summary>The stored password, null when none is stored. See <see cref="VaultPasswords"/> for the other source.</summary>
    /// <exception cref="OsismException"><c>vault.sealed</c>: one is stored and cannot be opened, because our key file is gone, unusable or another one.</exception>
    public async Task<string?> FindPasswordAsync(CancellationToken cancellationToken)
    {
        if (await FindSealedAsync(cancellationToken) is not { } row)
            return null;
        try
        {
            return Open(row);
        }
        catch (SealException e)
        {
            throw Unusable(e);
        }
    }

    /// <summary>Whether a password is stored, since when and by whom; without opening it.</summary>
    public async Task<VaultInfo> DescribeAsync(CancellationToken cancellationToken) =>
        await FindSealedAsync(cancellationToken) is { } row ? new VaultInfo(Set: true, row.UpdatedAt, row.UpdatedBy) : new VaultInfo(Set: false, null, null);

    /// <summary>The stored row, for this manager's key if there is one. One for another key alone means that our key file was replaced.</summary>
    internal async Task<SealedRow?> FindSealedAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "select sealed, updated_at, updated_by from sealed_secret where name = $1 order by (recipient = $2) desc, updated_at desc limit 1");
        command.Parameters.Add(new NpgsqlParameter { Value = Name });
        command.Parameters.Add(new NpgsqlParameter { Value = OwnFingerprint() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new SealedRow(reader.GetFieldValue<byte[]>(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2))
            : null;
    }

    /// <exception cref="SealException">It cannot be opened.</exception>
    internal string Open(SealedRow row)
    {
        var plain = sealer.Open(row.Sealed, Name);
        var password = Encoding.UTF8.GetString(plain);
        CryptographicOperations.ZeroMemory(plain);
        return password;
    }

    private static OsismException Unusable(SealException e) =>
        new(ErrorCodes.VaultSealed, $"the stored vault password cannot be opened: {e.Message}; set it again with 'osism vault password set'", e);

    // Looking must neither make a key nor fail because of one: whoever opens the row learns what is wrong.
    private string OwnFingerprint()
    {
        try
        {
            return keyFile.Exists ? sealer.PublicKey.Fingerprint : "";
        }
        catch (SealException)
        {
            return "";
        }
    }
}

/// <summary>A stored secret, still sealed.</summary>
internal sealed record SealedRow(byte[] Sealed, DateTimeOffset UpdatedAt, string UpdatedBy);
