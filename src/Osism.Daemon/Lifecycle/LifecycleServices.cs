using Microsoft.Extensions.Options;
using Osism.Daemon.Lifecycle.Backups;
using Osism.Daemon.Lifecycle.Upgrades;

namespace Osism.Daemon.Lifecycle;

/// <summary>Registration of the manager's own life: backup, restore, upgrade.</summary>
internal static class LifecycleServices
{
    public static IServiceCollection AddLifecycle(this IServiceCollection services)
    {
        services.AddOptions<BackupOptions>().BindConfiguration(BackupOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<BackupOptions>, BackupOptionsValidator>();
        services.AddSingleton<DatabaseDump>().AddSingleton<BackupMaker>();
        services.AddSingleton<UpgradeBackup>().AddSingleton<UpgradeRehearsal>();
        return services;
    }
}
