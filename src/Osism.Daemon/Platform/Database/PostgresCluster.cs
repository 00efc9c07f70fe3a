using System.Text;
using Osism.Contracts;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Platform.Database;

/// <summary>The files of the embedded server and how its programs are called on them.</summary>
internal sealed class PostgresCluster
{
    /// <summary>A new cluster takes 39 MB; the rest is for its first tables.</summary>
    private const long RoomForNew = 96 * 1024 * 1024;

    /// <summary>The log is put aside when it has grown past this, at a start.</summary>
    private const long LogLimit = 8 * 1024 * 1024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly PostgresLayout _layout;
    private readonly PostgresPrograms _programs;
    private readonly UnixUser _user;
    private readonly IReadOnlyList<string> _settings;

    private PostgresCluster(PostgresLayout layout, PostgresPrograms programs, UnixUser user, IReadOnlyList<string> settings) =>
        (_layout, _programs, _user, _settings) = (layout, programs, user, settings);

    /// <summary>Looks at what is there and whether it can be worked with; changes nothing but folders.</summary>
    /// <exception cref="OsismException"><c>database.missing</c>, <c>.version</c> or <c>.folder</c>.</exception>
    public static async Task<PostgresCluster> OpenAsync(
        PostgresLayout layout, DatabaseOptions options, IReadOnlyList<string> extraSettings, CancellationToken cancellationToken)
    {
        var user = !Posix.IsRoot ? UnixUser.Current : UnixUser.Find(options.User) ?? throw new OsismException(
            ErrorCodes.DatabaseMissing,
            $"There is no user {options.User} to run PostgreSQL. Run: apt-get install --yes postgresql, or set database.user.");
        layout.Prepare(user);
        var version = File.Exists(layout.VersionFile) ? (await File.ReadAllTextAsync(layout.VersionFile, cancellationToken)).Trim() : null;
        if (version is null && Directory.Exists(layout.Data) && Directory.EnumerateFileSystemEntries(layout.Data).Any())
        {
            throw new OsismException(
                ErrorCodes.DatabaseFolder,
                $"{layout.Data} holds files but no database (PG_VERSION is missing). Move it away, or set OSISM_HOME to another folder.")
            { File = layout.Data };
        }

        var programs = await PostgresPrograms.FindAsync(options, version, layout.Data, cancellationToken);
        return new PostgresCluster(layout, programs, user, [.. Settings(layout, options), .. extraSettings]);
    }

    /// <summary>Makes the data folder unless it is there. A folder appears whole or not at all.</summary>
    /// <returns>Whether it was made.</returns>
    /// <exception cref="OsismException"><c>database.disk_full</c>, or <c>database.failed</c> with what initdb said.</exception>
    public async Task<bool> InitialiseAsync(CancellationToken cancellationToken)
    {
        if (File.Exists(_layout.VersionFile))
        {
            await WriteAccessAsync(_layout.Data, cancellationToken);
            return false;
        }

        if (DiskSpace.FreeBytes(_layout.Root) < RoomForNew)
        {
            throw PostgresFailure.DiskFull(_layout, inner: null);
        }

        var unfinished = _layout.Data + ".new";
        if (Directory.Exists(unfinished))
        {
            Directory.Delete(unfinished, recursive: true);
        }

        Directory.CreateDirectory(unfinished, OwnerOnly | UnixFileMode.UserExecute);
        if (Posix.IsRoot)
        {
            Posix.ChangeOwner(unfinished, _user.Id, _user.Group);
        }

        var result = await ProcessRunner.RunAsync(
            AsServer(_programs.Initdb,
            [
                "-D", unfinished, "--username", DatabaseConnection.Name, "--encoding", "UTF8", "--locale", "C.UTF-8",
                "--data-checksums", "--auth-local", "peer", "--auth-host", "reject", "--no-instructions",
            ]),
            cancellationToken);
        if (result.ExitCode != 0)
        {
            Directory.Delete(unfinished, recursive: true);
            throw PostgresFailure.Initdb(_layout, result);
        }

        await WriteAccessAsync(unfinished, cancellationToken);
        if (Directory.Exists(_layout.Data))
        {
            // Empty, or OpenAsync would not have let us come here.
            Directory.Delete(_layout.Data);
        }

        Directory.Move(unfinished, _layout.Data);
        Posix.SyncFolder(_layout.Root);
        return true;
    }

    /// <summary>Starts the server; it is ready when its <c>postmaster.pid</c> says so.</summary>
    public SessionProcess Start()
    {
        if (new FileInfo(_layout.Log) is { Exists: true, Length: > LogLimit })
        {
            File.Move(_layout.Log, _layout.Log + ".1", overwrite: true);
        }

        using (File.OpenHandle(_layout.Log, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite))
        {
            File.SetUnixFileMode(_layout.Log, OwnerOnly | UnixFileMode.GroupRead);
        }

        return ProcessRunner.StartSession(
            AsServer(_programs.Server, ["-D", _layout.Data, .. _settings.SelectMany(setting => (string[])["-c", setting])]),
            _layout.Log);
    }

    /// <summary>Given on the command line: each version of the manager brings its own, and nothing in the folder grows old.</summary>
    private static IEnumerable<string> Settings(PostgresLayout layout, DatabaseOptions options) =>
    [
        "listen_addresses=",
        $"unix_socket_directories={layout.Run}",
        "unix_socket_permissions=0700",
        $"shared_buffers={options.SharedBuffersMb}MB",
        $"max_connections={options.MaxConnections}",
        // No huge pages, no helpers in parallel, no compiler: they cost memory when idle and gain nothing on our short statements.
        "huge_pages=off",
        "jit=off",
        "max_parallel_workers_per_gather=0",
        "max_logical_replication_workers=0",
        "maintenance_work_mem=32MB",
        "max_wal_size=512MB",
        "wal_compression=on",
        // The queue turns over fast, and dead rows make every claim slower.
        "autovacuum_naptime=15s",
        // A forgotten transaction holds back vacuum in all tables.
        "idle_in_transaction_session_timeout=15s",
        "log_checkpoints=off",
        "log_line_prefix=%m [%p] ",
        "timezone=UTC",
    ];

    /// <summary>Only the socket is open, and only to root, to the server's user and to ours.</summary>
    private async Task WriteAccessAsync(string folder, CancellationToken cancellationToken)
    {
        const string Hba = $"""
            # Written by osismd at each start. There is only the Unix socket; who may use it is in pg_ident.conf.
            local all {DatabaseConnection.Name} peer map={DatabaseConnection.Name}

            """;
        var ident = new StringBuilder("# Written by osismd at each start.\n");
        foreach (var name in new[] { "root", _user.Name, UnixUser.Current.Name }.Distinct(StringComparer.Ordinal))
        {
            ident.Append($"{DatabaseConnection.Name} \"{name}\" {DatabaseConnection.Name}\n");
        }

        await WriteAsync(Path.Combine(folder, "pg_hba.conf"), Hba, cancellationToken);
        await WriteAsync(Path.Combine(folder, "pg_ident.conf"), ident.ToString(), cancellationToken);
    }

    private async Task WriteAsync(string path, string text, CancellationToken cancellationToken)
    {
        if (await File.ReadAllTextAsync(path, cancellationToken) != text)
        {
            await AtomicFile.WriteAsync(path, Encoding.UTF8.GetBytes(text), OwnerOnly, cancellationToken);
            Posix.ChangeOwner(path, _user.Id, _user.Group);
        }
    }

    /// <summary>A call of one of PostgreSQL's programs under its user, with nothing of our environment (PG*, LC_*, TMPDIR would change what they do).</summary>
    private ProcessSpec AsServer(string program, IReadOnlyList<string> arguments)
    {
        IReadOnlyList<string> drop = ["--reuid", _user.Id.ToString(), "--regid", _user.Group.ToString(), "--clear-groups", "--no-new-privs", "--"];
        return new ProcessSpec(Posix.IsRoot ? "/usr/bin/setpriv" : program, Posix.IsRoot ? [.. drop, program, .. arguments] : arguments)
        {
            // Some folder everybody may be in.
            WorkingDirectory = "/",
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["PATH"] = "/usr/bin:/bin",
                ["HOME"] = "/",
                ["LANG"] = "C.UTF-8",
                ["LC_ALL"] = "C.UTF-8",
                // Else initdb reads all zones of the world to see which one the machine's is.
                ["TZ"] = "UTC",
            },
        };
    }
}
