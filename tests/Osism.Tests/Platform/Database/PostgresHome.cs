using Microsoft.Extensions.Logging;
using Npgsql;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Tests.Platform.Database;

/// <summary>A folder for an embedded PostgreSQL; whatever runs in it is killed at the end.</summary>
internal sealed class PostgresHome : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<IDisposable> _owned = [];

    public PostgresHome(string? below = null) => Home = new OsismHome(below is null ? _folder.Path : _folder[below]);

    public PostgresHome(SmallDisk disk) => Home = new OsismHome(Path.Combine(disk.Path, "home"));

    public OsismHome Home { get; }

    public PostgresLayout Layout => PostgresLayout.For(Home);

    public DatabaseOptions Options { get; } = new();

    public LogCollector Log { get; } = new();

    /// <summary>A manager of this folder; several stand for several processes.</summary>
    public (EmbeddedPostgres Server, NpgsqlDataSource Database) Manage()
    {
        var database = NpgsqlDataSource.Create(DatabaseConnection.For(Options, Home));
        var server = new EmbeddedPostgres(
            Home, Microsoft.Extensions.Options.Options.Create(Options), database, TimeProvider.System, new Logger<EmbeddedPostgres>(Log));
        _owned.Add(database);
        _owned.Add(server);
        return (server, database);
    }

    public void Dispose()
    {
        Postmaster.Find(Layout.Data)?.Identity.TrySignal(Signal.Kill);
        foreach (var orphan in Postmaster.Orphans(Layout.Data))
        {
            orphan.Identity.TrySignal(Signal.Kill);
        }

        _owned.ForEach(owned => owned.Dispose());
        if (Layout.Run != Path.Combine(Layout.Root, "run") && Directory.Exists(Layout.Run))
        {
            Directory.Delete(Layout.Run, recursive: true);
        }

        Log.Dispose();
        _folder.Dispose();
    }
}
