using Osism.Daemon.Platform.Secrets;

namespace Osism.Daemon.Configuration.Vault;

internal static class VaultServices
{
    /// <summary>The vault password and the vault files of the configuration repository.</summary>
    /// <param name="services">Needs the database, <c>OsismHome</c> and <c>TimeProvider</c>.</param>
    /// <param name="repository">Gives the folder of the configuration repository.</param>
    /// <param name="runUser">Gives the user of runs, the setting <c>run.user</c>.</param>
    public static IServiceCollection AddVault(
        this IServiceCollection services, Func<IServiceProvider, string> repository, Func<IServiceProvider, string> runUser)
    {
        services.AddSingleton<PasswordProgram>(provider => new PasswordProgramRunner(runUser(provider), provider.GetRequiredService<TimeProvider>()).RunAsync);
        services.AddSingleton<SealKeyFile>();
        services.AddSingleton<Sealer>();
        services.AddSingleton<Members>();
        services.AddSingleton<SecretStore>();
        services.AddSingleton<VaultKeeper>();
        services.AddSingleton(provider => new RepositoryFiles(repository(provider)));
        services.AddSingleton<VaultPasswords>();
        services.AddSingleton<VaultFiles>();
        services.AddSingleton<VaultChecker>();
        return services;
    }
}
