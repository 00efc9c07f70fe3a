using System.Text;
using Microsoft.Extensions.Options;
using Npgsql;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Lifecycle.Backups;

/// <summary>PostgreSQL's own <c>pg_dump</c> and <c>pg_restore</c> on the manager's database, as streams.</summary>
internal sealed class DatabaseDump(NpgsqlDataSource database, OsismHome home, IOptions<DatabaseOptions> options)
{
    private const int LastWords = 600;

    /// <param name="snapshot">Name of an exported snapshot, whose session must stay open until the first bytes have come.</param>
    /// <param name="target">Receives the dump in PostgreSQL's custom format.</param>
    /// <param name="cancellationToken">Ends the program.</param>
    /// <exception cref="OsismException"><see cref="ErrorCodes.BackupFailed"/> with what pg_dump said.</exception>
    public Task WriteAsync(string snapshot, Stream target, CancellationToken cancellationToken) => RunAsync(
        programs => programs.Dump,
        // The fastest compression: what is stored is mostly compressed already.
        ["--format=custom", "--compress=1", "--no-owner", "--no-privileges", "--schema=public", $"--snapshot={snapshot}"],
        write: null, (output, token) => output.CopyToAsync(target, token), cancellationToken);

    /// <summary>The rows of some tables, for a database that has the tables and nothing in them.</summary>
    /// <exception cref="OsismException"><see cref="ErrorCodes.BackupFailed"/> with what pg_dump said.</exception>
    public Task WriteRowsAsync(IEnumerable<string> tables, Stream target, CancellationToken cancellationToken) => RunAsync(
        programs => programs.Dump, ["--format=custom", "--data-only", .. tables.Select(table => $"--table={table}")],
        write: null, (output, token) => output.CopyToAsync(target, token), cancellationToken);

    /// <exception cref="OsismException"><see cref="ErrorCodes.BackupFailed"/> with what pg_restore said.</exception>
    public Task ReadRowsAsync(Stream source, CancellationToken cancellationToken) => RunAsync(
        programs => programs.Restore, ["--data-only", "--single-transaction", "--exit-on-error", "--dbname="],
        (input, token) => source.CopyToAsync(input, token), read: null, cancellationToken);

    /// <summary>The tables without their rows.</summary>
    /// <exception cref="OsismException"><see cref="ErrorCodes.BackupFailed"/> with what pg_dump said.</exception>
    public Task WriteTablesAsync(Stream target, CancellationToken cancellationToken) => RunAsync(
        programs => programs.Dump, ["--format=custom", "--schema-only", "--no-owner", "--no-privileges", "--schema=public"],
        write: null, (output, token) => output.CopyToAsync(target, token), cancellationToken);

    /// <summary>Fills the database, in one transaction: all or nothing.</summary>
    /// <param name="source">A dump of <see cref="WriteAsync"/> or <see cref="WriteTablesAsync"/>.</param>
    /// <param name="cancellationToken">Ends the program; nothing has changed then.</param>
    /// <param name="into">Another database of the same server. Default the manager's.</param>
    /// <exception cref="OsismException"><see cref="ErrorCodes.BackupFailed"/> with what pg_restore said.</exception>
    public Task ReadAsync(Stream source, CancellationToken cancellationToken, string? into = null) => RunAsync(
        programs => programs.Restore,
        ["--no-owner", "--no-privileges", "--clean", "--if-exists", "--single-transaction", "--exit-on-error", "--dbname="],
        (input, token) => source.CopyToAsync(input, token), read: null, cancellationToken, into);

    private async Task RunAsync(
        Func<PostgresPrograms, string> program, IReadOnlyList<string> arguments, Func<Stream, CancellationToken, Task>? write,
        Func<Stream, CancellationToken, Task>? read, CancellationToken cancellationToken, string? name = null)
    {
        var programs = await PostgresPrograms.FindAsync(options.Value, await ServerVersionAsync(cancellationToken), "the database", cancellationToken);
        var connection = new NpgsqlConnectionStringBuilder(DatabaseConnection.For(options.Value, home));
        using var password = PasswordFile.Of(connection);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/bin:/bin",
            ["LC_ALL"] = "C.UTF-8",
            ["PGHOST"] = connection.Host ?? "localhost",
            ["PGPORT"] = $"{connection.Port}",
            ["PGUSER"] = connection.Username ?? DatabaseConnection.Name,
            ["PGDATABASE"] = name ?? connection.Database ?? DatabaseConnection.Name,
            ["PGSSLMODE"] = SslMode(connection.SslMode),
            ["PGAPPNAME"] = "osism backup",
        };
        if (connection.RootCertificate is { } certificate)
        {
            environment["PGSSLROOTCERT"] = certificate;
        }

        if (password is not null)
        {
            environment["PGPASSFILE"] = password.Path;
        }

        string[] words = [.. arguments.Select(word => word == "--dbname=" ? word + environment["PGDATABASE"] : word)];
        var result = await ProcessRunner.PipeAsync(
            new ProcessSpec(program(programs), words) { Environment = environment, WorkingDirectory = "/" }, write, read, cancellationToken);
        if (result.ExitCode != 0)
        {
            var said = result.Error.Trim();
            throw new OsismException(
                ErrorCodes.BackupFailed, $"{Path.GetFileName(program(programs))} ended with exit code {result.ExitCode}: {(said.Length > LastWords ? said[^LastWords..] : said)}");
        }
    }

    /// <summary>Major version of our own server; null for somebody else's, for which the newest program is taken.</summary>
    private async Task<string?> ServerVersionAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.IsEmbedded)
        {
            return null;
        }

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return $"{connection.PostgreSqlVersion.Major}";
    }

    private static string SslMode(SslMode mode) => mode switch
    {
        Npgsql.SslMode.VerifyCA => "verify-ca",
        Npgsql.SslMode.VerifyFull => "verify-full",
        _ => mode.ToString().ToLowerInvariant(),
    };

    /// <summary>A password is for its owner's eyes: neither arguments nor environment.</summary>
    private sealed class PasswordFile(string path) : IDisposable
    {
        public string Path { get; } = path;

        public static PasswordFile? Of(NpgsqlConnectionStringBuilder connection)
        {
            if (string.IsNullOrEmpty(connection.Password))
            {
                return null;
            }

            var path = System.IO.Path.Combine("/dev/shm", $"osism-{Guid.NewGuid():N}");
            using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
            file.Write(Encoding.UTF8.GetBytes($"*:*:*:*:{connection.Password.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal)}\n"));
            return new PasswordFile(path);
        }

        public void Dispose() => File.Delete(Path);
    }
}
