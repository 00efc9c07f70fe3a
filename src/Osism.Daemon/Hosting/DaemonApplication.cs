using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Daemon.Ansible;
using Osism.Daemon.Ara;
using Osism.Daemon.Collections;
using Osism.Daemon.Configuration;
using Osism.Daemon.Configuration.Sync;
using Osism.Daemon.Configuration.Vault;
using Osism.Daemon.Drift;
using Osism.Daemon.Facts;
using Osism.Daemon.Inventory;
using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Inventory.Lint;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Jobs;
using Osism.Daemon.Jobs.Output;
using Osism.Daemon.Jobs.Retention;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Lifecycle;
using Osism.Daemon.Locks;
using Osism.Daemon.Logs;
using Osism.Daemon.Notifications;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Platform.Secrets;
using Osism.Daemon.Recording;
using Osism.Daemon.Recording.History;
using Osism.Daemon.Recording.Reading;
using Osism.Daemon.Remote;
using Osism.Daemon.Runtimes;
using Osism.Daemon.Schedules;
using Osism.Daemon.Services;
using Osism.Daemon.Setup;

namespace Osism.Daemon.Hosting;

/// <summary>Puts the parts of the manager together.</summary>
internal static partial class DaemonApplication
{
    /// <param name="settings">All it is told.</param>
    /// <param name="log">Where to log in place of the console.</param>
    public static WebApplication Build(DaemonSettings settings, ILoggerProvider? log = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection(settings.Values);
        if (log is null)
        {
            builder.Logging.AddConsole(console => console.FormatterName = LineFormatter.FormatterName)
                .AddConsoleFormatter<LineFormatter, Microsoft.Extensions.Logging.Console.ConsoleFormatterOptions>();
        }
        else
        {
            builder.Logging.AddProvider(log);
        }

        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Npgsql", LogLevel.Error);
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(settings.Home);
        builder.Services.AddSingleton(settings.Roles);
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            // The context brings its types only; the naming policy must be set beside it.
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, OsismJson.Default);
            json.SerializerOptions.PropertyNamingPolicy = OsismJson.Default.Options.PropertyNamingPolicy;
        });
        // A refused body is described by its exception, which Problems words.
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.Services.AddOptions<ApiOptions>().BindConfiguration(ApiOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<ApiOptions>, ApiOptionsValidator>();
        builder.Services.AddOptions<TestOptions>().BindConfiguration(TestOptions.Section);
        builder.Services.AddPlatform();
        builder.Services.AddConfiguration();
        builder.Services.AddVault(
            provider => provider.GetRequiredService<ConfigurationRepository>().Root,
            provider => provider.GetRequiredService<RunUser>().Name);
        builder.Services.AddSingleton<RunPasswordSource>(provider => async cancellationToken =>
            await provider.GetRequiredService<VaultPasswords>().FindAsync(cancellationToken) is { } password
                ? new RunPassword(password.Value, password.Source == VaultPasswordSource.Stored ? "stored" : "file")
                : null);
        builder.Services.AddSingleton(new DaemonEnvironment(settings.Environment));
        builder.Services.AddRuntimes();
        builder.Services.AddInventory();
        builder.Services.AddFacts(settings.Roles.HasBeat, settings.Roles.Queues.Names.Count > 0);
        builder.Services.AddLocks();
        builder.Services.AddSingleton(RepositoryRest.Of);
        builder.Services.AddSingleton<ConfigurationSync>();
        builder.Services.AddAnsible();
        builder.Services.AddRecording();
        builder.Services.AddJobs(settings.Roles.Queues);
        builder.Services.AddCollections();
        builder.Services.AddPodServices();
        builder.Services.AddRemote();
        builder.Services.AddDrift();
        builder.Services.AddLogs();
        builder.Services.AddOptions<VersionsOptions>().BindConfiguration(VersionsOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<VersionsOptions>, VersionsOptionsValidator>();
        builder.Services.AddSingleton(FurtherFindings);
        builder.Services.AddAra();
        builder.Services.AddSchedules(settings.Roles.HasBeat);
        builder.Services.AddRetention(settings.Roles.HasBeat);
        builder.Services.AddLifecycle();
        builder.Services.AddReading();
        builder.Services.AddExecutionHistory(settings.Roles.HasBeat, provider => new RuntimeVersions(provider.GetRequiredService<RuntimeCatalog>().InterfaceFolder));
        builder.Services.AddNotifications(settings.Roles.HasBeat);
        builder.Services.AddSingleton<OperatorKeySource>(provider => async cancellationToken =>
            provider.GetRequiredService<ConfigurationRepository>().IsHere
                ? null
                : await provider.GetRequiredService<SecretStore>().FindAsync(OperatorKey.SharedName, cancellationToken));
        if (settings.Roles.HasApi)
        {
            builder.Services.AddHostedService<SecretSharing>();
            builder.Services.AddHostedService<PartitionWatch>();
            builder.Services.AddHostedService<RepositoryPublishing>();
        }

        if (settings.Roles.HasWatchdog || settings.Roles.HasReconciler)
        {
            builder.Services.AddSingleton(provider => new InventoryWatchRoles(
                settings.Roles.HasWatchdog,
                // Where there is a beat the schedule 'reconcile' does it, can be paused and has a history.
                settings.Roles is { HasReconciler: true, HasBeat: false } && provider.GetRequiredService<IOptions<ScheduleOptions>>().Value.Reconcile is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null));
            builder.Services.AddHostedService<InventoryWatch>();
        }

        builder.Services.AddApiDescription();
        builder.Services.AddSingleton<Health>().AddSingleton<Surroundings>();
        builder.Services.AddHostedService<IdleMemory>();
        if (settings.Roles.Queues.Names.Count > 0)
        {
            builder.Services.AddSingleton<Housekeeping>();
            builder.Services.AddHostedService(provider => provider.GetRequiredService<Housekeeping>());
        }

        builder.Services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = TimeSpan.FromSeconds(15);
            host.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.StopHost;
        });
        Listen(builder, settings);
        return builder.Build();
    }

    /// <summary>What a check of the repository finds that only other features understand.</summary>
    private static FurtherFindings FurtherFindings(IServiceProvider services) => () =>
    [
        .. services.GetRequiredService<ServiceCatalog>().FaultsOfRepository().Select(fault => new Finding(
            FindingCodes.ServicesFault, Path.Combine(services.GetRequiredService<ConfigurationRepository>().Root, fault.File), fault.Line,
            $"{fault.Message}. Correct it: until then this does not count, and the rest of the file does")),
    ];

    /// <summary>Everything between a database that answers and the first request.</summary>
    public static async Task PrepareAsync(this WebApplication app, DaemonSettings settings, CancellationToken cancellationToken)
    {
        await HomeFolder.IdentifyAsync(settings.Home, cancellationToken);
        await EnterAsync(app, settings, cancellationToken);
        var token = await HomeFolder.TokenAsync(settings.Home, cancellationToken);
        app.UseProblems();
        app.UseAraErrors();
        app.UseStopping();
        app.UseAccess(token);
        app.MapHealth();
        if (settings.Roles.HasApi)
        {
            await ClearSocketAsync(settings.Home.Socket, cancellationToken);
            app.MapJobs();
            app.MapLocks();
            app.MapCollections();
            app.MapServices();
            app.MapDrift();
            app.MapWorkers();
            app.MapOutput();
            app.MapRetention();
            app.MapReading();
            app.MapSchedules();
            app.MapNotifications();
            app.MapVault();
            app.MapConfigurationSync();
            app.MapInventory();
            app.MapRevisions();
            app.MapHosts();
            app.MapFacts();
            app.MapRoles();
            app.MapAra();
            app.MapMetrics();
            app.MapStatus();
            app.MapApiDescription();
        }

        var adoption = app.Services.GetRequiredService<Adoption>();
        if (settings.Roles.Queues.Names.Count > 0)
        {
            await adoption.SweepSpoolAsync(app.Services.GetRequiredService<SpoolCleaner>(), _ => false, cancellationToken);
        }

        if (settings.Roles.HasApi)
        {
            var group = SocketGroup(app.Services);
            app.Lifetime.ApplicationStarted.Register(() => OpenSocket(settings.Home.Socket, group));
        }
    }

    /// <summary>A worker is of no use where no secret is sealed for it; a manager can still show things, and the vault password can be set on it.</summary>
    private static async Task EnterAsync(WebApplication app, DaemonSettings settings, CancellationToken cancellationToken)
    {
        var name = app.Services.GetRequiredService<IOptions<WorkerOptions>>().Value.Name;
        if (await app.Services.GetRequiredService<Members>().EnterAsync(name, cancellationToken))
        {
            return;
        }

        var refusal = new OsismException(
            ErrorCodes.WorkerNotJoined,
            $"{settings.Home.Root} does not belong to the installation whose database this is: make a token there with 'osism worker token', then run 'osismd join' here");
        if (!settings.Roles.HasApi)
        {
            throw refusal;
        }

        Log.NotJoined(app.Logger, refusal.Message);
    }

    private static void Listen(WebApplicationBuilder builder, DaemonSettings settings)
    {
        builder.WebHost.ConfigureKestrel((_, kestrel) =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 16 * 1024 * 1024;
            if (!settings.Roles.HasApi)
            {
                return;
            }

            kestrel.ListenUnixSocket(settings.Home.Socket, listen => listen.RecordPeer());
            if (TcpAddress(kestrel.ApplicationServices) is { } address)
            {
                kestrel.Listen(address);
            }
        });
        if (!settings.Roles.HasApi)
        {
            builder.Services.AddSingleton<Microsoft.AspNetCore.Hosting.Server.IServer, NoServer>();
        }
    }

    /// <summary>Null for none, and for a bad one: this is asked while the host is built, and the check of all settings that follows names it with the others.</summary>
    private static IPEndPoint? TcpAddress(IServiceProvider services)
    {
        try
        {
            return services.GetRequiredService<IOptions<ApiOptions>>().Value.ToEndPoint();
        }
        catch (OptionsValidationException)
        {
            return null;
        }
    }

    /// <summary>Takes a dead manager's socket away. The pid lock keeps out who plays the same roles; this one, who plays others but also <c>api</c>.</summary>
    private static async Task ClearSocketAsync(string path, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
        }
        catch (SocketException)
        {
            File.Delete(path);
            return;
        }

        throw new OsismException(
            ErrorCodes.ManagerRunning, $"another process serves {path} already. Leave the role api to it, or give this one another OSISM_HOME.");
    }

    private static uint SocketGroup(IServiceProvider services) =>
        services.GetRequiredService<IOptions<ApiOptions>>().Value.SocketGroup is { } name
            ? UnixGroup.Find(name)?.Id ?? throw new OsismException(ErrorCodes.SettingsInvalid, $"api.socket_group names '{name}': there is no such group")
            : services.GetRequiredService<RunUser>().Account.Group;

    /// <summary>The socket is for its owner and one group.</summary>
    private static void OpenSocket(string path, uint group)
    {
        Posix.ChangeOwner(path, Posix.EffectiveUser, group);
        File.SetUnixFileMode(
            path,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason}. Until then no secret is sealed for it")]
        public static partial void NotJoined(ILogger logger, string reason);
    }

    /// <summary>For a process without the role api: the host wants a server.</summary>
    private sealed class NoServer : Microsoft.AspNetCore.Hosting.Server.IServer
    {
        public Microsoft.AspNetCore.Http.Features.IFeatureCollection Features { get; } = new Microsoft.AspNetCore.Http.Features.FeatureCollection();

        public Task StartAsync<TContext>(Microsoft.AspNetCore.Hosting.Server.IHttpApplication<TContext> application, CancellationToken cancellationToken)
            where TContext : notnull => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
