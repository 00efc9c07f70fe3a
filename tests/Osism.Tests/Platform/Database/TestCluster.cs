using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Processes;
using Osism.Tests.Platform.Database;

[assembly: AssemblyFixture(typeof(TestCluster))]

namespace Osism.Tests.Platform.Database;

/// <summary>The PostgreSQL of this test process: started by the first test that wants a database, stopped with the process.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    private const string Prefix = "osism-cluster-";
    private const string Template = "template_osism";
    private static readonly Lazy<Task<TestCluster>> Shared = new(StartAsync);

    private readonly string? _folder;
    private readonly EmbeddedPostgres? _server;
    private readonly NpgsqlDataSource? _maintenance;

    /// <summary>For xunit, which disposes it at the end of the process.</summary>
    public TestCluster()
    {
    }

    private TestCluster(string folder, EmbeddedPostgres server, NpgsqlDataSource maintenance) =>
        (_folder, _server, _maintenance) = (folder, server, maintenance);

    /// <summary>Makes a database with all migrations applied.</summary>
    internal static async Task<string> CloneAsync(string name, CancellationToken cancellationToken)
    {
        var cluster = await Shared.Value;
        await using var command = cluster._maintenance!.CreateCommand($"create database {name} template {Template} strategy file_copy");
        await command.ExecuteNonQueryAsync(cancellationToken);
        return DatabaseConnection.Embedded(PostgresLayout.For(new OsismHome(cluster._folder!)).Run, name).ConnectionString;
    }

    internal static async Task DropAsync(string name)
    {
        var cluster = await Shared.Value;
        await using var command = cluster._maintenance!.CreateCommand($"drop database {name} with (force)");
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _maintenance!.DisposeAsync();
            await _server.StopAsync(CancellationToken.None);
            _server.Dispose();
            Directory.Delete(_folder!, recursive: true);
        }
        else if (Shared.IsValueCreated)
        {
            await (await Shared.Value).DisposeAsync();
        }
    }

    private static async Task<TestCluster> StartAsync()
    {
        EndStale();
        // Not the token of the test that came first: the cluster is for all of them.
        var cancellationToken = CancellationToken.None;
        var home = new OsismHome(Directory.CreateDirectory(
            $"/tmp/{Prefix}{Environment.ProcessId}",
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute).FullName);
        var options = Options.Create(new DatabaseOptions { MaxConnections = 200 });
        var maintenance = NpgsqlDataSource.Create(DatabaseConnection.For(options.Value, home));
        var server = new EmbeddedPostgres(home, options, maintenance, TimeProvider.System, NullLogger<EmbeddedPostgres>.Instance)
        {
            // Nobody misses this data after a power loss.
            ExtraSettings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"],
        };
        await server.StartAsync(cancellationToken);
        await using (var command = maintenance.CreateCommand($"create database {Template}"))
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var template = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(DatabaseConnection.Embedded(PostgresLayout.For(home).Run, Template).ConnectionString) { Pooling = false });
        await new Migrator(template, Migration.Of(typeof(Migrator).Assembly), NullLogger<Migrator>.Instance).MigrateAsync(cancellationToken);
        return new TestCluster(home.Root, server, maintenance);
    }

    /// <summary>Takes away what killed test processes left.</summary>
    private static void EndStale()
    {
        foreach (var folder in Directory.EnumerateDirectories("/tmp", Prefix + "*"))
        {
            if (int.TryParse(Path.GetFileName(folder)[Prefix.Length..], out var pid) && ProcessIdentity.Of(pid) is null)
            {
                Postmaster.Find(PostgresLayout.For(new OsismHome(folder)).Data)?.Identity.TrySignal(Signal.Kill);
                Directory.Delete(folder, recursive: true);
            }
        }
    }
}
