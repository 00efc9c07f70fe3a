using Microsoft.Extensions.Options;

namespace Osism.Daemon.Runtimes;

internal static class RuntimesServices
{
    /// <summary>Runtimes, the table of roles and the routing of requests. Needs the configuration repository.</summary>
    public static IServiceCollection AddRuntimes(this IServiceCollection services)
    {
        services.AddOptions<RuntimesOptions>()
            .Configure<IConfiguration>((options, configuration) => configuration.GetSection(RuntimesOptions.Section).Bind(options.Named))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<RuntimesOptions>, RuntimesOptionsValidator>();
        services.AddOptions<InterfaceOptions>().BindConfiguration(InterfaceOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<InterfaceOptions>, InterfaceOptionsValidator>();
        services.AddSingleton<RuntimeImages>();
        services.AddHostedService(provider => provider.GetRequiredService<RuntimeImages>());
        services.AddSingleton<RuntimeCatalog>();
        services.AddSingleton<AnsibleVersions>();
        services.AddSingleton<RoleTable>();
        services.AddSingleton<RuntimeDescriptions>();
        services.AddSingleton<RunRouter>();
        return services;
    }
}
