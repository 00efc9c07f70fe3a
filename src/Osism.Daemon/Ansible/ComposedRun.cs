using Osism.Contracts.Runs;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Ansible;

/// <summary>Names and places that belong to one start of a job.</summary>
/// <param name="Id"><c>JOB.ATTEMPT</c>; the value of <c>OSISM_ATTEMPT</c> in every process of the run.</param>
/// <param name="JobId">The job.</param>
/// <param name="Folder">The attempt's spool folder.</param>
internal sealed record AttemptPaths(string Id, Guid JobId, string Folder)
{
    /// <summary>Where the callback plugin appends its JSON lines.</summary>
    public string Events => Path.Combine(Folder, "events.ndjson");

    /// <summary>Files only the run's user may read.</summary>
    public string Secrets => Path.Combine(Folder, "secrets");

    public static AttemptPaths For(OsismHome home, Guid job, int attempt)
    {
        var id = $"{job}.{attempt}";
        return new AttemptPaths(id, job, Path.Combine(home.Spool, id));
    }

    /// <summary>Stands for the attempt in <c>--explain</c>, where there is no job yet: the nil UUID (RFC 9562 §5.9).</summary>
    public static AttemptPaths Nil(OsismHome home) => For(home, Guid.Empty, 1);
}

/// <summary>A file the worker puts into the attempt's folder before the start.</summary>
/// <param name="Name">Path relative to the attempt's folder.</param>
/// <param name="Content">Bytes.</param>
internal sealed record SpoolFile(string Name, byte[] Content);

/// <summary>Shows a path of the production layout to a run, in its own mount namespace.</summary>
/// <param name="Source">Real folder.</param>
/// <param name="Target">Path the run sees.</param>
/// <param name="ReadOnly">Whether it may write there.</param>
internal sealed record PathMapping(string Source, string Target, bool ReadOnly);

/// <summary>Everything needed to start one run.</summary>
internal sealed record ComposedRun(RunPlanInfo Plan, RunRoute Route)
{
    /// <summary>Secret files (0600, owned by the run's user) below <see cref="AttemptPaths.Secrets"/>.</summary>
    public required IReadOnlyList<SpoolFile> SecretFiles { get; init; }

    /// <summary>Strings that must not appear in output or events.</summary>
    public required IReadOnlyList<string> Secrets { get; init; }

    /// <summary>Paths of the production layout. Applied where a mount namespace can be made.</summary>
    public required IReadOnlyList<PathMapping> Mappings { get; init; }

    /// <summary>SHA-256, hexadecimal, over names and contents of the composed files.</summary>
    public required string ConfigurationHash { get; init; }

    /// <summary>Folder of the SSH control sockets of this attempt; removed when it ended.</summary>
    public required string SshControlFolder { get; init; }

    /// <summary>Program and arguments that take its container away, be it there or not; null for a run of this machine.</summary>
    public IReadOnlyList<string>? Removal { get; init; }

    /// <summary>Whether it runs as the manager's own user and sees the machine as the manager does: a container engine's client, and the manager's own program.</summary>
    public bool AsManager { get; init; }

    /// <summary>Folders the worker makes before the start and gives to the run's user (0700).</summary>
    public required IReadOnlyList<string> WritableFolders { get; init; }
}
