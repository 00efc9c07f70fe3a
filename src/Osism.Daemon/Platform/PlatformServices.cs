using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Npgsql;
using Osism.Daemon.Platform.Database;

namespace Osism.Daemon.Platform;

/// <summary>Registers what needs a single instance. An <see cref="OsismHome"/> and the section <c>database</c> are the host's to bring.</summary>
internal static class PlatformServices
{
    public static IServiceCollection AddPlatform(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IValidateOptions<DatabaseOptions>, DatabaseOptionsValidator>();
        services.AddOptions<DatabaseOptions>().BindConfiguration(DatabaseOptions.Section).ValidateOnStart();
        // Nothing is connected here: the embedded server may start later.
        services.AddSingleton(provider => NpgsqlDataSource.Create(
            DatabaseConnection.For(provider.GetRequiredService<IOptions<DatabaseOptions>>().Value, provider.GetRequiredService<OsismHome>())));
        services.AddSingleton<EmbeddedPostgres>();
        services.AddSingleton(DaemonInstance.Current);
        services.AddSingleton<Leadership>();
        services.AddSingleton(provider => new Migrator(
            provider.GetRequiredService<NpgsqlDataSource>(),
            Migration.Of(typeof(Migrator).Assembly),
            provider.GetRequiredService<ILogger<Migrator>>(),
            provider.GetService<Failpoints>()));
        return services;
    }
}
