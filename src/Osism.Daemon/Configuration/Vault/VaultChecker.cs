using Osism.Contracts;
using Osism.Contracts.Vault;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Secrets;
using Osism.Protocols.Vault;

namespace Osism.Daemon.Configuration.Vault;

/// <summary>Tells step by step whether the manager can open the repository's vault files, and if not, why.</summary>
/// <remarks>Steps, codes and the order in which a file is chosen: manager reference 1.6. The key file of the original is our seal key.</remarks>
internal sealed class VaultChecker(VaultKeeper keeper, SealKeyFile keyFile, VaultPasswords passwords, RepositoryFiles repository)
{
    private static readonly string[] Environments =
        ["kolla", "openstack", "infrastructure", "ceph", "monitoring", "generic", "manager", "custom"];

    /// <param name="path">File to try the password on; null chooses one.</param>
    /// <exception cref="OsismException">The named file is missing, outside the repository or damaged.</exception>
    public async Task<VaultCheck> CheckAsync(string? path, CancellationToken cancellationToken)
    {
        var warnings = new List<string>();
        var (password, failure) = await FindStoredAsync(cancellationToken);
        if (password is null)
        {
            if (failure is not { Code: "keyfile_missing" or "password_not_set" } || await passwords.FindInRepositoryAsync(cancellationToken) is not { } file)
                return failure!;
            password = file.Value;
            warnings.Add($"no password is stored; that of {VaultPasswords.FileName} is used");
        }

        if (password.Length == 0)
            return Failed("password_empty", "the stored vault password is empty; set it again with 'osism vault password set'");
        if (await FindEncryptedAsync(path, warnings, cancellationToken) is not { } test)
            return new VaultCheck(Passed: true, "passed", "a vault password is set; there was no encrypted file to try it on", Path: null, warnings);
        try
        {
            _ = VaultFiles.Decrypt(test.Path, test.Content, password);
        }
        catch (OsismException e) when (e.Code == ErrorCodes.VaultWrongPassword)
        {
            return Failed("wrong_password", e.Message) with { Path = test.Path, Warnings = warnings };
        }

        return new VaultCheck(Passed: true, "passed", $"the vault password opens {test.Path}", test.Path, warnings);
    }

    private static VaultCheck Failed(string code, string message) => new(Passed: false, code, message, Path: null, []);

    private async Task<(string? Password, VaultCheck? Failure)> FindStoredAsync(CancellationToken cancellationToken)
    {
        var row = await keeper.FindSealedAsync(cancellationToken);
        try
        {
            using var key = keyFile.Load();
        }
        catch (SealException e)
        {
            return (null, e.Fault == SealFault.KeyMissing
                ? Failed("keyfile_missing", $"{e.Message}; set the password with 'osism vault password set'")
                : Failed("invalid_keyfile", e.Message));
        }

        if (row is null)
            return (null, Failed("password_not_set", "no vault password is set; set it with 'osism vault password set'"));
        try
        {
            return (keeper.Open(row), null);
        }
        catch (SealException e)
        {
            return (null, Failed("decryption_failed", $"the stored vault password cannot be opened: {e.Message}; set it again with 'osism vault password set'"));
        }
    }

    private async Task<(string Path, byte[] Content)?> FindEncryptedAsync(string? path, List<string> warnings, CancellationToken cancellationToken)
    {
        var candidates = path is null ? Candidates() : [path];
        foreach (var candidate in candidates)
        {
            try
            {
                var content = await repository.ReadAsync(candidate, cancellationToken);
                if (AnsibleVault.IsEncrypted(content))
                    return (candidate, content);
                warnings.Add($"{candidate} is not encrypted");
            }
            catch (OsismException e) when (path is null)
            {
                // Not what was asked for: the next one may do.
                warnings.Add(e.Message);
            }
        }

        if (candidates.Count == 0)
            warnings.Add("there is no secrets.yml below environments/");
        return null;
    }

    /// <summary>Files that hold secrets in every pod come first, then any other of the name.</summary>
    private List<string> Candidates()
    {
        var known = Environments.Select(environment => $"environments/{environment}/secrets.yml").ToList();
        var folder = Path.Combine(repository.Root, "environments");
        var other = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "secrets.yml", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
                .Select(repository.Relative).Order(StringComparer.Ordinal)
            : Enumerable.Empty<string>();
        return [.. known.Where(file => File.Exists(Path.Combine(repository.Root, file))).Union(other, StringComparer.Ordinal)];
    }
}
