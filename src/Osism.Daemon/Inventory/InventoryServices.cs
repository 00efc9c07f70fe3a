using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Osism.Daemon.Configuration;
using Osism.Daemon.Configuration.Vault;
using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Inventory.Lint;
using Osism.Daemon.Inventory.Reconciling;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Inventory;

internal static class InventoryServices
{
    /// <summary>Inventory revisions. Needs the database, the configuration repository and the runtimes.</summary>
    public static IServiceCollection AddInventory(this IServiceCollection services)
    {
        services.AddOptions<InventoryOptions>().BindConfiguration(InventoryOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<InventoryOptions>, InventoryOptionsValidator>();
        services.TryAddSingleton<Failpoints>();
        services.TryAddSingleton<NetboxLayer>(_ => () => null);
        services.TryAddSingleton<FurtherFindings>(_ => () => []);
        services.AddSingleton<InventoryLayers>();
        services.AddSingleton<PublishedVariables>();
        services.AddSingleton<Reconciler>();
        services.AddSingleton<InventoryRevisions>();
        services.AddSingleton<RevisionFolders>();
        services.AddSingleton<RevisionSecrets>();
        services.AddSingleton<PublishedInventory>();
        services.AddSingleton<RevisionDiff>();
        services.AddSingleton<InventorySnapshots>();
        services.AddSingleton<UnmanagedCheck>();
        services.AddSingleton<ReconcileRuns>();
        services.AddSingleton(provider => new CurrentInventory(
            provider.GetRequiredService<InventorySnapshots>(), PasswordOf(provider)));
        services.AddSingleton(provider => new SealedFiles(PasswordOf(provider)));
        services.AddSingleton<InventoryQueries>();
        services.AddSingleton(provider => new RepositoryLint(
            provider.GetRequiredService<ConfigurationRepository>(),
            async cancellationToken =>
            {
                var state = await provider.GetRequiredService<InventorySnapshots>().LookAsync("lint", cancellationToken);
                return (state.Made, state.Snapshot);
            },
            PasswordOf(provider)));
        services.AddSingleton(provider => new RepositoryCheck(
            provider.GetRequiredService<ConfigurationRepository>(), provider.GetRequiredService<RepositoryLint>(), provider.GetRequiredService<CurrentInventory>().GetAsync, PasswordOf(provider),
            provider.GetRequiredService<FurtherFindings>()));
        return services;
    }

    private static Func<CancellationToken, Task<string?>> PasswordOf(IServiceProvider provider) =>
        async cancellationToken => (await provider.GetRequiredService<VaultPasswords>().FindAsync(cancellationToken))?.Value;
}
