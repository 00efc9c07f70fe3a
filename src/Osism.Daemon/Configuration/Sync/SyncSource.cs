using System.Text;
using Osism.Contracts;
using Osism.Daemon.Configuration.Vault;
using Osism.Daemon.Platform;
using Osism.Protocols.Vault;
using Osism.Protocols.Yaml;
using Scalar = Osism.Protocols.Yaml.YamlScalar;

namespace Osism.Daemon.Configuration.Sync;

/// <summary>Where the repository is fetched from, by its own <c>configuration_git_*</c> values.</summary>
/// <remarks>Source of the names: configuration reference 1.1. Values that are templates count as not set: the remote of the checkout is used then.</remarks>
/// <param name="Url">Null = the remote <c>origin</c> of the checkout.</param>
/// <param name="Version">Branch, tag or commit; null = the branch that is checked out.</param>
/// <param name="Preserve">Paths below the repository that a sync leaves as they are.</param>
/// <param name="KeyFile">Private key on this machine; null = <paramref name="Key"/>, or what the owner of the checkout uses.</param>
/// <param name="Key">Private key out of the secrets.</param>
internal sealed record SyncSource(string? Url, string? Version, IReadOnlyList<string> Preserve, string? KeyFile, byte[]? Key)
{
    private const string Prefix = "configuration_git_";

    // The later one wins, as in a run of the environment manager.
    private static readonly string[] Folders = ["environments", "environments/manager"];

    /// <exception cref="OsismException"><c>yaml.broken</c>; <c>vault.*</c>: the key is encrypted and cannot be opened.</exception>
    public static async Task<SyncSource> ReadAsync(RepositoryFiles files, VaultFiles vault, VaultPasswords passwords, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var name in Folders.SelectMany(folder => (string[])[$"{folder}/configuration.yml", $"{folder}/secrets.yml"]))
        {
            if (!File.Exists(Path.Combine(files.Root, name)))
                continue;
            foreach (var (key, value) in Top(name, (await vault.ViewAsync(name, cancellationToken)).Content))
            {
                if (key.StartsWith(Prefix, StringComparison.Ordinal))
                    values[key[Prefix.Length..]] = value;
            }
        }

        string? Text(string key) => values.GetValueOrDefault(key) is Scalar { Value: { Length: > 0 } text } && !text.Contains("{{", StringComparison.Ordinal) ? text : null;
        var preserve = values.GetValueOrDefault("preserve_files") is YamlSequence list
            ? list.Items.OfType<Scalar>().Select(item => item.Value.Trim().TrimStart('/')).Where(path => path.Length > 0 && !path.Split('/').Contains("..", StringComparer.Ordinal)).ToList()
            : [];
        return new SyncSource(UrlOf(Text), Text("version"), preserve, KeyFileOf(files.Root, Text("private_key_file")), await KeyAsync(values.GetValueOrDefault("private_key"), passwords, cancellationToken));
    }

    private static string? UrlOf(Func<string, string?> text)
    {
        if (text("host") is not { } host || text("repository") is not { } repository)
            return null;
        var protocol = text("protocol") ?? "ssh";
        var user = text("username") ?? (protocol == "ssh" ? "git" : null);
        return $"{protocol}://{(user is null ? "" : $"{user}@")}{host}{(text("port") is { } port ? $":{port}" : "")}/{repository.TrimStart('/')}";
    }

    private static string? KeyFileOf(string root, string? named)
    {
        // Keys of the operator's home are found by ssh itself.
        string?[] places = [named is ['/', ..] ? named : null, Path.Combine(root, "secrets", "id_rsa.configuration")];
        return Array.Find(places, path => path is not null && File.Exists(path));
    }

    private static async Task<byte[]?> KeyAsync(YamlNode? node, VaultPasswords passwords, CancellationToken cancellationToken)
    {
        if (node is not Scalar { Value: { Length: > 0 } text } || text.Contains("{{", StringComparison.Ordinal))
            return null;
        var bytes = Encoding.UTF8.GetBytes(text);
        if (AnsibleVault.IsEncrypted(bytes))
        {
            const string Name = Prefix + "private_key";
            var password = await passwords.FindAsync(cancellationToken)
                ?? throw new OsismException(ErrorCodes.VaultSealed, $"{Name} is encrypted and no vault password is set; set it with 'osism vault password set'");
            bytes = VaultFiles.Decrypt(Name, bytes, password.Value);
        }

        // OpenSSH refuses a key without a line end after its last line.
        return Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).ReplaceLineEndings("\n").Trim() + "\n");
    }

    private static IEnumerable<(string Key, YamlNode Value)> Top(string file, string text)
    {
        try
        {
            return YamlReader.Read(text) is YamlMapping top
                ? top.Pairs.Where(pair => pair.Key is Scalar).Select(pair => (((Scalar)pair.Key).Value, pair.Value))
                : [];
        }
        catch (YamlException e)
        {
            throw new OsismException(ErrorCodes.YamlBroken, $"{file}, line {e.Line}: {e.Message}", e) { File = file, Line = e.Line };
        }
    }
}
