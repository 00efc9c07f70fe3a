using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Secrets;

namespace Osism.Daemon.Configuration.Vault;

/// <summary>Runs a program that prints the vault password, as the user of runs, and gives its stdout.</summary>
/// <param name="path">Real path of the program.</param>
/// <param name="cancellationToken">Ends the program.</param>
/// <exception cref="OsismException"><c>vault.sealed</c>: it cannot be started or failed.</exception>
internal delegate Task<string> PasswordProgram(string path, CancellationToken cancellationToken);

/// <summary>Finds the vault password for a run: the stored one, else that of the repository's <c>environments/.vault_pass</c>.</summary>
internal sealed class VaultPasswords(VaultKeeper keeper, RepositoryFiles repository, PasswordProgram program, SecretStore secrets)
{
    /// <summary>A file with the password, or a program that prints it, as Ansible takes both.</summary>
    public const string FileName = "environments/.vault_pass";

    /// <summary>Name of the sealed secret by which a manager tells workers on other machines what <see cref="FileName"/> gives.</summary>
    public const string SharedName = "repository_vault_password";

    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The password, null when there is none.</summary>
    /// <exception cref="OsismException"><c>vault.sealed</c>: there is a source and it does not give a password.</exception>
    public async Task<VaultPassword?> FindAsync(CancellationToken cancellationToken)
    {
        if (await keeper.FindPasswordAsync(cancellationToken) is { } stored)
            return new VaultPassword(stored, VaultPasswordSource.Stored);
        if (Directory.Exists(Path.Combine(repository.Root, "environments")))
            return await FindInRepositoryAsync(cancellationToken);

        // A worker on another machine has no repository of its own.
        return await secrets.FindAsync(SharedName, cancellationToken) is { } shared
            ? new VaultPassword(System.Text.Encoding.UTF8.GetString(shared), VaultPasswordSource.File)
            : null;
    }

    /// <summary>The password of the repository's file, null when it has none.</summary>
    /// <exception cref="OsismException"><c>vault.sealed</c>: the file is empty or the program failed; <c>access.denied</c>: it is a link out of the repository.</exception>
    public async Task<VaultPassword?> FindInRepositoryAsync(CancellationToken cancellationToken)
    {
        var path = Path.Combine(repository.Root, FileName);
        if (!File.Exists(path))
            return null;
        var real = repository.Resolve(FileName);
        var text = (File.GetUnixFileMode(real) & Executable) != UnixFileMode.None
            ? await program(real, cancellationToken)
            : System.Text.Encoding.UTF8.GetString(await repository.ReadAsync(FileName, cancellationToken));
        var password = VaultPassword.Normalize(text);
        return password.Length > 0
            ? new VaultPassword(password, VaultPasswordSource.File)
            : throw new OsismException(ErrorCodes.VaultSealed, $"{FileName} gives no password; set one with 'osism vault password set'") { File = FileName };
    }
}
