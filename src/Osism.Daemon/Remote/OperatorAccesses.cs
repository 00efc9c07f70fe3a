using Npgsql;
using Osism.Contracts;
using Osism.Daemon.Ansible;
using Osism.Daemon.Configuration;
using Osism.Daemon.Configuration.Vault;
using Osism.Daemon.Inventory;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Remote;

/// <summary>Finds what runs log in with, for the operator himself. It is read where it lies, by who may read it: no door of the API gives it out.</summary>
internal sealed class OperatorAccesses(
    OsismHome home, ConfigurationRepository repository, RunVault vault, VaultPasswords passwords, OperatorKeySource shared)
{
    /// <param name="config">What the repository's ansible.cfg says.</param>
    /// <param name="withVault">Whether the vault password is wanted as well.</param>
    /// <exception cref="OsismException"><c>access.denied</c>: the caller may not read it. <c>vault.*</c>: it is encrypted and cannot be opened. <c>database.*</c>: it is sealed in a database that does not answer.</exception>
    public async Task<OperatorAccess> FindAsync(MergedConfig config, bool withVault, CancellationToken cancellationToken)
    {
        RequireReadable(home);
        try
        {
            var key = OperatorKey.Read(home);
            // Only then the vault is opened, and the database asked.
            var fromSecrets = key is null ? await FromSecretsAsync(cancellationToken) : null;
            key = await OperatorKey.FindAsync(home, config, shared, fromSecrets, cancellationToken);
            var password = withVault ? (await passwords.FindAsync(cancellationToken))?.Value : null;
            return new OperatorAccess(key, key is null ? config.FromRepository("defaults", "private_key_file") : null, password);
        }
        catch (NpgsqlException e)
        {
            throw new OsismException(
                ErrorCodes.DatabaseAway,
                $"the operator's key is encrypted in the repository, and the manager's database, which holds the vault password, does not answer ({e.Message}): start osismd, or put the key into {Path.Combine(home.Secrets, OperatorKey.FileName)}", e);
        }
    }

    /// <exception cref="OsismException"><c>access.denied</c></exception>
    public static void RequireReadable(OsismHome home)
    {
        try
        {
            _ = Directory.Exists(home.Secrets) ? Directory.EnumerateFileSystemEntries(home.Secrets).Any() : throw new OsismException(
                ErrorCodes.AccessDenied, $"the manager's keys are not in {home.Root}, or may not be seen by this user: call it as the user of the manager, such as with sudo, or set OSISM_HOME");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new OsismException(
                ErrorCodes.AccessDenied, $"the operator's key is for the user of the manager alone, and {home.Secrets} may not be read by this one: call it with sudo", e);
        }
    }

    private async Task<string?> FromSecretsAsync(CancellationToken cancellationToken)
    {
        var secrets = Path.Combine(repository.Environments, "secrets.yml");
        if (!repository.IsHere || !File.Exists(secrets))
            return null;
        var opened = await vault.OpenAsync([secrets], [], new InventorySnapshot(0, home.Inventory, "") { SecretFiles = [] }, ownPassword: false, cancellationToken);
        return opened.OperatorKey;
    }
}
