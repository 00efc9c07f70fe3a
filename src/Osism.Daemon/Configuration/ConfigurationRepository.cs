using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Configuration;

/// <summary>The git checkout that describes the pod: where its parts are and what state it is in.</summary>
internal sealed class ConfigurationRepository(IOptions<ConfigurationOptions> options)
{
    /// <summary>Path under which plays know the repository.</summary>
    public const string ProductionPath = "/opt/configuration";

    /// <summary>Absolute path without a slash at its end.</summary>
    public string Root { get; } = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Value.Path));

    public string Environments => Path.Combine(Root, "environments");

    public string Inventory => Path.Combine(Root, "inventory");

    /// <summary>Whether this machine has a repository at all; a worker on another machine has none of its own.</summary>
    public bool IsHere => Directory.Exists(Environments);

    /// <summary>Folder of an environment: <c>environments/E</c>, with a sub-environment <c>environments/E.SUB</c>.</summary>
    public string EnvironmentFolder(string environment, string? sub) =>
        Path.Combine(Environments, sub is null ? environment : $"{environment}.{sub}");

    /// <summary>Checks that the repository is there and can be looked into.</summary>
    /// <exception cref="OsismException"><c>repository.missing</c> or <c>repository.unreadable</c>.</exception>
    public void Require()
    {
        try
        {
            if (Directory.Exists(Environments))
            {
                using var entries = Directory.EnumerateFileSystemEntries(Environments).GetEnumerator();
                _ = entries.MoveNext();
                return;
            }

            // A folder in a place we may not look into seems not to exist; ask for it by listing.
            if (Directory.Exists(Root))
                _ = Directory.GetFileSystemEntries(Root);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new OsismException(
                ErrorCodes.RepositoryUnreadable, $"the configuration repository {Root} cannot be read: {e.Message}", e)
            { File = Root };
        }

        throw new OsismException(
            ErrorCodes.RepositoryMissing,
            Directory.Exists(Root)
                ? $"{Root} has no folder environments/, so it is not a configuration repository; set OSISM_CONFIGURATION to where it is"
                : $"there is no configuration repository at {Root}; set OSISM_CONFIGURATION to where it is")
        { File = Root };
    }

    /// <summary>Names of the environments, sub-environments (<c>kolla.zone-a</c>) included, sorted.</summary>
    public IReadOnlyList<string> ListEnvironments()
    {
        if (!Directory.Exists(Environments))
            return [];
        return [.. Directory.EnumerateDirectories(Environments)
            .Select(path => Path.GetFileName(path))
            .Where(name => !name.StartsWith('.'))
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>How a file of the repository is named to people: relative to its top.</summary>
    public string Relative(string path) =>
        path.StartsWith(Root + "/", StringComparison.Ordinal) ? path[(Root.Length + 1)..] : path;

    /// <summary>Commit of HEAD, null outside git. Reads a few small files.</summary>
    public string? Head() => GitHead.Find(Root);

    /// <summary>Commit and whether the work tree differs from it. Starts git: not for the way of a submission.</summary>
    /// <param name="hash">Hash over the composed files of a run, where there is one.</param>
    public async Task<ConfigurationInfo> DescribeAsync(string? hash, CancellationToken cancellationToken)
    {
        var commit = Head();
        bool? dirty = commit is null ? null : await GitProgram.IsDirtyAsync(Root, cancellationToken);
        return new ConfigurationInfo(commit, dirty, hash);
    }
}
