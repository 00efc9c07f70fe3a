using System.Text.RegularExpressions;
using Osism.Contracts;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Platform.Database;

/// <summary>An installed PostgreSQL server.</summary>
/// <param name="Folder">Where <c>postgres</c> and <c>initdb</c> lie.</param>
/// <param name="Version">Major version, as <c>PG_VERSION</c> of a data folder names it.</param>
internal sealed partial record PostgresPrograms(string Folder, string Version)
{
    private const string DebianRoot = "/usr/lib/postgresql";

    public string Server => Path.Combine(Folder, "postgres");

    public string Dump => Path.Combine(Folder, "pg_dump");

    public string Restore => Path.Combine(Folder, "pg_restore");

    public string Initdb => Path.Combine(Folder, "initdb");

    /// <summary>The server that fits the data, or the newest one when there is no data yet.</summary>
    /// <param name="options">May name the folder.</param>
    /// <param name="dataVersion">Major version of the data, null when there is none.</param>
    /// <param name="dataFolder">For the message.</param>
    /// <param name="cancellationToken">Ends the question for the version.</param>
    /// <exception cref="OsismException">
    /// <see cref="ErrorCodes.DatabaseMissing"/>: no server is installed; <see cref="ErrorCodes.DatabaseVersion"/>: none that fits the data.
    /// </exception>
    public static async Task<PostgresPrograms> FindAsync(
        DatabaseOptions options, string? dataVersion, string dataFolder, CancellationToken cancellationToken)
    {
        List<PostgresPrograms> installed = options.BinDirectory is { } folder ? [await AskAsync(folder, cancellationToken)] : Debian();
        if (installed.Count == 0)
        {
            throw new OsismException(
                ErrorCodes.DatabaseMissing,
                "PostgreSQL is not installed. Run: apt-get install --yes postgresql (or set OSISM_DATABASE to an existing one).");
        }

        if (dataVersion is null)
        {
            return installed[^1];
        }

        return installed.Find(programs => programs.Version == dataVersion) ?? throw new OsismException(
            ErrorCodes.DatabaseVersion,
            $"{dataFolder} was made by PostgreSQL {dataVersion}, installed is {string.Join(", ", installed.Select(programs => programs.Version))}. "
            + $"Install postgresql-{dataVersion}, convert the folder with pg_upgrade, or move it away to begin with an empty database.")
        { File = dataFolder };
    }

    private static List<PostgresPrograms> Debian() => !Directory.Exists(DebianRoot)
        ? []
        : [.. Directory.EnumerateDirectories(DebianRoot)
            .Select(folder => new PostgresPrograms(Path.Combine(folder, "bin"), Path.GetFileName(folder)))
            .Where(programs => File.Exists(programs.Server) && File.Exists(programs.Initdb) && int.TryParse(programs.Version, out _))
            .OrderBy(programs => int.Parse(programs.Version))];

    private static async Task<PostgresPrograms> AskAsync(string folder, CancellationToken cancellationToken)
    {
        var programs = new PostgresPrograms(folder, "");
        if (!File.Exists(programs.Server) || !File.Exists(programs.Initdb))
        {
            throw new OsismException(
                ErrorCodes.DatabaseMissing, $"database.bin_directory is {folder}, but there is no postgres and initdb in it.")
            { File = folder };
        }

        var answer = await ProcessRunner.RunAsync(new ProcessSpec(programs.Server, ["--version"]), cancellationToken);
        return VersionText().Match(answer.Output) is { Success: true } version
            ? programs with { Version = version.Groups["major"].Value }
            : throw new OsismException(ErrorCodes.DatabaseMissing, $"{programs.Server} --version did not tell a version: {answer.Output}{answer.Error}");
    }

    [GeneratedRegex(@"\(PostgreSQL\) (?<major>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionText();
}
