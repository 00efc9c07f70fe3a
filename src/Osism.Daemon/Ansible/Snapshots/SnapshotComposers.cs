using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Npgsql;
using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Ansible.Snapshots;

/// <summary>A composer for each unpacked snapshot: everything that knows the repository, made once more for another folder.</summary>
/// <remarks>They are dropped, not disposed: a run may be composed at this moment, and nothing of theirs outlives them but memory.</remarks>
internal sealed class SnapshotComposers(IServiceProvider services)
{
    // Beside the newest one those of runs that wait for the database.
    private const int Most = 4;

    private readonly ConcurrentDictionary<(string Folder, string Origin), Lazy<Composers>> _composers = new();

    /// <param name="folder">An unpacked snapshot.</param>
    /// <param name="origin">Whose repository it is.</param>
    public Composers For(string folder, string origin)
    {
        if (_composers.Count > Most && !_composers.ContainsKey((folder, origin)))
            _composers.Clear();
        return _composers.GetOrAdd((folder, origin), of => new Lazy<Composers>(() => Make(of.Folder, of.Origin))).Value;
    }

    private Composers Make(string folder, string origin)
    {
        var own = new ServiceCollection();
        // Instances of the process, which the new container does not dispose.
        Share<IConfiguration>(own);
        Share<ILoggerFactory>(own);
        Share<TimeProvider>(own);
        Share<OsismHome>(own);
        Share<NpgsqlDataSource>(own);
        Share<DaemonEnvironment>(own);
        Share<RunPasswordSource>(own);
        Share<OperatorKeySource>(own);
        // Not made here of the snapshot: pins, rollbacks and the layers that lie outside of the repository are the manager's.
        var published = services.GetRequiredService<PublishedInventory>();
        own.AddSingleton<RunInventory>(cancellationToken => published.EnsureAsync(origin, cancellationToken));
        own.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        own.AddConfiguration().AddRuntimes().AddInventory().AddAnsible();
        own.AddSingleton(Options.Create(new ConfigurationOptions { Path = folder }));
        own.AddSingleton(SnapshotFolders.ReadAuthors(folder));
        var made = own.BuildServiceProvider();
        return new Composers(made.GetRequiredService<RunComposer>(), made.GetRequiredService<CommandComposer>());
    }

    private void Share<T>(ServiceCollection own)
        where T : class => own.AddSingleton(services.GetRequiredService<T>());
}

/// <summary>What composes runs from one folder.</summary>
internal sealed record Composers(RunComposer Runs, CommandComposer Commands);
