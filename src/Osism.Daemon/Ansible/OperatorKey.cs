using System.Text;
using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Ansible;

/// <summary>The SSH key runs log in with.</summary>
internal static class OperatorKey
{
    public const string FileName = "id_rsa.operator";

    /// <summary>Name of the sealed secret by which a manager hands the key in its home to workers on other machines.</summary>
    public const string SharedName = "operator_key";

    /// <summary>Where the original keeps it; a repository's ansible.cfg that names this means the same key.</summary>
    private const string ProductionPath = "/ansible/secrets/" + FileName;

    /// <summary>
    /// The key: <c>$OSISM_HOME/secrets/id_rsa.operator</c>, else that of the manager on a worker elsewhere, else <c>operator_private_key</c> of the repository's secrets; null when there is none,
    /// or when ansible.cfg names another.
    /// </summary>
    /// <exception cref="OsismException"><c>repository.unreadable</c>: the file cannot be read.</exception>
    public static async Task<byte[]?> FindAsync(
        OsismHome home, MergedConfig config, OperatorKeySource shared, string? fromSecrets, CancellationToken cancellationToken)
    {
        if (config.FromRepository("defaults", "private_key_file") is { Length: > 0 } configured && configured != ProductionPath)
            return null;
        if ((Read(home) ?? await shared(cancellationToken)) is { } key)
            return key;

        // OpenSSH refuses a key without a line end after its last line.
        return string.IsNullOrWhiteSpace(fromSecrets) ? null : Encoding.UTF8.GetBytes(fromSecrets.ReplaceLineEndings("\n").Trim() + "\n");
    }

    /// <summary>The key in a home; null when it has none.</summary>
    /// <exception cref="OsismException"><c>repository.unreadable</c>: the file cannot be read.</exception>
    public static byte[]? Read(OsismHome home)
    {
        var file = Path.Combine(home.Secrets, FileName);
        try
        {
            return File.Exists(file) ? File.ReadAllBytes(file) : null;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new OsismException(ErrorCodes.RepositoryUnreadable, $"{file} cannot be read: {e.Message}", e) { File = file };
        }
    }
}

/// <summary>The operator's key that a manager shares with workers on other machines; null where it is not needed, or there is none.</summary>
internal delegate Task<byte[]?> OperatorKeySource(CancellationToken cancellationToken);
