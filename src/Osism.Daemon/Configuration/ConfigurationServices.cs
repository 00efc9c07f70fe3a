using Microsoft.Extensions.Options;

namespace Osism.Daemon.Configuration;

internal static class ConfigurationServices
{
    /// <summary>The configuration repository.</summary>
    public static IServiceCollection AddConfiguration(this IServiceCollection services)
    {
        services.AddOptions<ConfigurationOptions>().BindConfiguration(ConfigurationOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ConfigurationOptions>, ConfigurationOptionsValidator>();
        services.AddSingleton<ConfigurationRepository>();
        services.AddSingleton(RepositoryLockAuthors.None);
        services.AddSingleton<RepositoryLocks>();
        services.AddSingleton<YamlArbiter>();
        services.AddSingleton<YamlScan>();
        services.AddSingleton<YamlFiles>();
        return services;
    }
}
