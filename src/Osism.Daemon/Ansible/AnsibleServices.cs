using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Osism.Daemon.Ansible.Snapshots;
using Osism.Daemon.Facts;
using Osism.Daemon.Inventory;
using Osism.Daemon.Inventory.Reconciling;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Ansible;

internal static class AnsibleServices
{
    /// <summary>Composition of runs. Needs configuration, runtimes and inventory, and a <see cref="RunPasswordSource"/>.</summary>
    public static IServiceCollection AddAnsible(this IServiceCollection services)
    {
        services.AddOptions<RunOptions>().BindConfiguration(RunOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RunOptions>, RunOptionsValidator>();
        services.AddOptions<SshOptions>().BindConfiguration(SshOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<SshOptions>, SshOptionsValidator>();
        services.AddOptions<LimitOptions>().BindConfiguration(LimitOptions.Section).ValidateOnStart();
        services.AddSingleton<LimitScopes>();
        services.TryAddSingleton(_ => DaemonEnvironment.Read());
        services.TryAddSingleton<RunPasswordSource>(_ => _ => Task.FromResult<RunPassword?>(null));
        services.TryAddSingleton<OperatorKeySource>(_ => _ => Task.FromResult<byte[]?>(null));
        services.TryAddSingleton<RunInventory>(provider => cancellationToken => provider.GetRequiredService<InventorySnapshots>().EnsureAsync("run", cancellationToken));
        services.AddSingleton(provider => RunUser.Find(provider.GetRequiredService<IOptions<RunOptions>>().Value.User));
        services.AddSingleton<AnsibleConfigs>();
        services.AddSingleton<InventoryConfigSource>(provider =>
            () => provider.GetRequiredService<AnsibleConfigs>().ForInventory(provider.GetRequiredService<RuntimeCatalog>().Get(RuntimeCatalog.Osism)));
        services.AddSingleton<OpenedTexts>();
        services.AddSingleton<RunVault>();
        services.AddFactCache();
        services.AddSingleton<RunEnvironment>();
        services.AddSingleton<SshControlFolders>();
        services.AddSingleton<RunReadable>();
        services.AddSingleton<RunMappings>();
        services.AddSingleton<ContainerRuns>();
        services.AddSingleton<RunComposer>();
        services.AddSingleton<CommandComposer>().AddSingleton<ManagerCommandComposer>();
        services.AddSingleton<SnapshotStore>().AddSingleton<SnapshotPublisher>().AddSingleton<SnapshotFolders>().AddSingleton<SnapshotComposers>();
        services.AddSingleton<RunPlaces>();
        return services;
    }
}
