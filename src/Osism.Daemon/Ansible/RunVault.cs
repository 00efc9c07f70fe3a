using Osism.Contracts;
using Osism.Contracts.Runs;
using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Secrets;

namespace Osism.Daemon.Ansible;

/// <summary>The checked files of a run and its secrets.</summary>
internal sealed record RunSecrets(RunVaultInfo Info, RunPassword? Password)
{
    /// <summary>Strings to mask: the password and the values of secrets files and vault texts.</summary>
    public required IReadOnlyList<string> Values { get; init; }

    /// <summary><c>operator_private_key</c> of <c>environments/secrets.yml</c>; null when there is none.</summary>
    public string? OperatorKey { get; init; }

    /// <summary>Name and SHA-256 of each extra-vars file and playbook, in order.</summary>
    public required IReadOnlyList<(string Name, string Sha256)> Hashes { get; init; }
}

/// <summary>Checks the files of a run and opens what of them is encrypted.</summary>
internal sealed class RunVault(ConfigurationRepository repository, YamlFiles yaml, OpenedTexts opened, RunPasswordSource passwords)
{
    private const string OperatorKeyName = "operator_private_key";

    /// <param name="extraVars">Extra-vars files: they must be mappings.</param>
    /// <param name="playbooks">Playbooks: they must be YAML.</param>
    /// <param name="inventory">Its variables were checked when it was published.</param>
    /// <param name="ownPassword">Whether the operator's arguments name a password; then the manager does not insist on its own.</param>
    /// <exception cref="OsismException"><c>yaml.broken</c>, <c>configuration.broken</c>, <c>vault.sealed</c>, <c>vault.wrong_password</c>, <c>vault.broken</c>.</exception>
    public async Task<RunSecrets> OpenAsync(
        IReadOnlyList<string> extraVars, IReadOnlyList<string> playbooks, InventorySnapshot inventory, bool ownPassword, CancellationToken cancellationToken)
    {
        var files = new List<Source>();
        foreach (var path in extraVars)
            files.Add(await FindAsync(path, mapping: true, cancellationToken));
        foreach (var path in playbooks)
            files.Add(await FindAsync(path, mapping: false, cancellationToken));
        var hashes = files.ConvertAll(file => (file.Name, file.Facts.Sha256));
        files.AddRange(inventory.SecretFiles.Select(file => new Source(file.Facts, file.Facts.Path, file.Content, Mapping: false)));
        foreach (var file in files)
            file.Check(file.Facts);

        IReadOnlyList<string> encrypted = [.. files.Where(file => file.Facts.NeedsVault).Select(file => file.Name).Distinct(StringComparer.Ordinal)];
        var password = await passwords(cancellationToken);
        if (password is null && encrypted.Count > 0 && !ownPassword)
        {
            throw new OsismException(ErrorCodes.VaultSealed, $"{encrypted[0]} is encrypted and no vault password is set; 'osism vault password set' sets it")
            {
                File = encrypted[0],
            };
        }

        var values = new List<string>();
        if (password is not null)
            values.Add(password.Text);
        string? key = null;
        var global = Path.Combine(repository.Environments, "secrets.yml");
        foreach (var file in files)
        {
            var plain = await OpenAsync(file, password, ownPassword, cancellationToken);
            if (plain.IsSecrets || file.Facts.Encrypted)
                AddSecrets(values, plain.Reading.Values);
            if (password is not null)
                AddSecrets(values, OpenInline(plain, file.Name, password, ownPassword));
            if (file.Facts.Path == global && plain.Reading.TopValue(OperatorKeyName) is { Value.Length: > 0 } found)
                key = !found.IsVault ? found.Value : password is null ? null : opened.OpenValue(new InlineVault(found.Line, found.Value), file.Name, password);
        }

        return new RunSecrets(new RunVaultInfo(encrypted.Count > 0, password?.Source ?? "none", encrypted), password)
        {
            Values = values,
            OperatorKey = key,
            Hashes = hashes,
        };
    }

    private async Task<Source> FindAsync(string path, bool mapping, CancellationToken cancellationToken)
    {
        var name = repository.Relative(path);
        var facts = await yaml.FindAsync(path, cancellationToken) ?? throw new OsismException(ErrorCodes.FileMissing, $"{name} is missing") { File = name };
        return new Source(facts, name, null, mapping);
    }

    /// <summary>The file in plain text, as far as we may have it.</summary>
    private async Task<YamlFacts> OpenAsync(Source file, RunPassword? password, bool ownPassword, CancellationToken cancellationToken)
    {
        if (!file.Facts.Encrypted || password is null)
            return file.Facts;
        try
        {
            var plain = await opened.OpenFileAsync(file.Facts, file.Content, file.Name, password, cancellationToken);
            file.Check(plain);
            return plain;
        }
        catch (OsismException e) when (ownPassword && e.Code == ErrorCodes.VaultWrongPassword)
        {
            // The password of the operator's arguments may be the one.
            return file.Facts;
        }
    }

    private List<string> OpenInline(YamlFacts plain, string name, RunPassword password, bool ownPassword)
    {
        var values = new List<string>();
        foreach (var value in plain.Inline)
        {
            try
            {
                values.Add(opened.OpenValue(value, name, password));
            }
            catch (OsismException e) when (ownPassword && e.Code == ErrorCodes.VaultWrongPassword)
            {
                // The password of the operator's arguments may be the one.
            }
        }

        return values;
    }

    private static void AddSecrets(List<string> secrets, IEnumerable<string> values)
    {
        foreach (var value in values)
        {
            // A template is not a secret; what it gives stands elsewhere.
            if (value.Length < SecretSet.DefaultMinimumLength || value.Contains("{{", StringComparison.Ordinal))
                continue;
            secrets.Add(value);
            if (value.Contains('\n', StringComparison.Ordinal))
                secrets.AddRange(value.Split('\n').Select(line => line.Trim()).Where(IsSecretLine));
        }
    }

    /// <summary>A line of a key is a secret on its own; its first and last line are not.</summary>
    private static bool IsSecretLine(string line) => line.Length >= SecretSet.DefaultMinimumLength && !line.StartsWith("-----", StringComparison.Ordinal);

    /// <param name="Facts">As the file lies there.</param>
    /// <param name="Name">How it is named to people.</param>
    /// <param name="Content">Its bytes where they are at hand.</param>
    /// <param name="Mapping">Whether Ansible takes nothing but a mapping.</param>
    private sealed record Source(YamlFacts Facts, string Name, byte[]? Content, bool Mapping)
    {
        public void Check(YamlFacts facts)
        {
            facts.RequireSound(Name);
            if (!Mapping || facts.Root is YamlRoot.Mapping or YamlRoot.Unknown)
                return;
            throw new OsismException(
                ErrorCodes.ConfigurationBroken,
                facts.Root == YamlRoot.Empty
                    ? $"{Name} is empty, which Ansible does not take; put a key into it, such as 'dummy:'"
                    : $"{Name} must be a mapping of names to values")
            { File = Name, Line = 1 };
        }
    }
}
