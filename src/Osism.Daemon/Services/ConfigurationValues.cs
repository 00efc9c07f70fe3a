using System.Text;
using System.Text.RegularExpressions;
using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Services;

/// <summary>Plain values at the top of the configuration's files: what an operator wrote there, not what Ansible would make of it with facts and filters.</summary>
internal sealed partial class ConfigurationValues(ConfigurationRepository repository, TimeProvider time)
{
    private const int Deepest = 5;

    // As a run has them (configuration.md 2.3): what comes first wins.
    private static readonly string[] Files = ["configuration.yml", "images.yml", "versions.yml"];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (FileStamp Stamp, YamlReading Reading)> _known = new(StringComparer.Ordinal);

    /// <summary>The value of a variable for runs of an environment.</summary>
    /// <param name="environment">Its files, then those for all, then those of kolla, where the names and addresses of the pod are.</param>
    /// <param name="name">The variable.</param>
    /// <param name="findElsewhere">What the inventory says; null when it says nothing.</param>
    /// <returns>Null when there is none, when it is a secret, or when it takes Ansible to find it out.</returns>
    public string? Find(string? environment, string name, Func<string, string?> findElsewhere) => Find(environment, name, findElsewhere, 0);

    /// <summary>What is written for a variable, whether or not it takes Ansible to make a value of it.</summary>
    /// <returns>Null when nothing is, or when it is a secret.</returns>
    /// <inheritdoc cref="Find(string?, string, Func{string, string?})"/>
    public string? Written(string? environment, string name, Func<string, string?> findElsewhere) => ShownValues.IsSecretName(name) ? null
        : Of(environment, name) ?? Of(null, name) ?? findElsewhere(name) ?? (environment == "kolla" ? null : Of("kolla", name));

    private string? Find(string? environment, string name, Func<string, string?> findElsewhere, int depth)
    {
        if (depth > Deepest)
        {
            return null;
        }

        var value = Written(environment, name, findElsewhere);
        if (value is null || !value.Contains("{{", StringComparison.Ordinal))
        {
            return value?.Contains("{%", StringComparison.Ordinal) == true ? null : value;
        }

        // {{ other }} is as good as the other; anything more is Ansible's business.
        var text = new StringBuilder();
        var at = 0;
        foreach (Match reference in Reference().Matches(value))
        {
            if (Find(environment, reference.Groups["name"].Value, findElsewhere, depth + 1) is not { } other)
            {
                return null;
            }

            text.Append(value, at, reference.Index - at).Append(other);
            at = reference.Index + reference.Length;
        }

        text.Append(value, at, value.Length - at);
        var whole = text.ToString();
        return whole.Contains("{{", StringComparison.Ordinal) || whole.Contains("{%", StringComparison.Ordinal) ? null : whole;
    }

    private string? Of(string? environment, string name)
    {
        var folder = environment is null ? repository.Environments : repository.EnvironmentFolder(environment, null);
        foreach (var file in Files)
        {
            if (Read(Path.Combine(folder, file)).TopValue(name) is { } value)
            {
                return value.IsVault ? null : value.Value;
            }
        }

        return null;
    }

    /// <summary>A file; nothing of one that is missing, encrypted or broken, which others complain about.</summary>
    private YamlReading Read(string path)
    {
        lock (_gate)
        {
            try
            {
                if (FileStamp.Of(path) is not { } stamp)
                {
                    return YamlReading.Nothing;
                }

                if (_known.TryGetValue(path, out var known) && known.Stamp == stamp)
                {
                    return known.Reading;
                }

                var readAt = time.GetUtcNow();
                var reading = YamlReading.Read(File.ReadAllText(path)).Reading ?? YamlReading.Nothing;
                if (stamp.IsSettled(readAt) && FileStamp.Of(path) == stamp)
                {
                    _known[path] = (stamp, reading);
                }

                return reading;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return YamlReading.Nothing;
            }
        }
    }

    [GeneratedRegex(@"\{\{\s*(?<name>[A-Za-z_][A-Za-z0-9_]*)\s*\}\}", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();
}
