using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Osism.Daemon.Ansible;
using Osism.Daemon.Hosting;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Benchmarks.Measuring;

/// <summary>The manager inside this process, with a PostgreSQL of its own that keeps its promises (fsync), two slots and nothing to run.</summary>
internal sealed class InProcess : IAsyncDisposable
{
    private readonly TempFolder _folder = new();

    private InProcess()
    {
    }

    public WebApplication App { get; private set; } = null!;

    public string Socket { get; private set; } = "";

    public string Home => _folder["home"];

    /// <param name="configuration">The repository; null = the example.</param>
    public static Task<InProcess> StartAsync(string? configuration, CancellationToken cancellationToken) =>
        StartAsync(configuration, roles: null, new Dictionary<string, string>(StringComparer.Ordinal), cancellationToken);

    /// <param name="configuration">The repository; null = the example.</param>
    /// <param name="roles">Value of <c>--roles</c>; null = all.</param>
    /// <param name="more">Settings as environment variables.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<InProcess> StartAsync(string? configuration, string? roles, IReadOnlyDictionary<string, string> more, CancellationToken cancellationToken)
    {
        var manager = new InProcess();
        var settings = DaemonSettings.Of(roles, new Dictionary<string, string>(more, StringComparer.Ordinal)
        {
            ["OSISM_HOME"] = manager._folder["home"],
            ["OSISM_CONFIGURATION"] = configuration ?? Checkout.PathOf("examples", "pod"),
            ["OSISM_LISTEN"] = "none",
            ["OSISM_RUN__USER"] = UnixUser.Current.Name,
            ["OSISM_SPOOL__NAMESPACE"] = "false",
            ["OSISM_WORKER__SLOTS"] = "2",
            ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
        }, "/nonexistent");
        manager.App = DaemonApplication.Build(settings);
        manager.Socket = settings.Home.Socket;
        HomeFolder.Prepare(settings.Home, manager.Get<RunUser>());
        await manager.Get<EmbeddedPostgres>().StartAsync(cancellationToken);
        await manager.Get<Migrator>().MigrateAsync(cancellationToken);
        await manager.App.PrepareAsync(settings, cancellationToken);
        await manager.App.StartAsync(cancellationToken);
        return manager;
    }

    public T Get<T>()
        where T : notnull => App.Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync(CancellationToken.None);
        await Get<EmbeddedPostgres>().StopAsync(CancellationToken.None);
        await App.DisposeAsync();
        _folder.Dispose();
    }
}
