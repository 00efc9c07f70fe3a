using Microsoft.Extensions.Options;

namespace Osism.Daemon.Services;

internal static class ServicesServices
{
    /// <summary>The services of the pod. Needs the configuration repository, the inventory, the runtimes and the collections.</summary>
    public static IServiceCollection AddPodServices(this IServiceCollection services)
    {
        services.AddOptions<ServicesOptions>().BindConfiguration(ServicesOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ServicesOptions>, ServicesOptionsValidator>();
        services.AddSingleton<ServiceCatalog>().AddSingleton<ConfigurationValues>().AddSingleton<ServicePods>();
        services.AddSingleton<ServiceDescriptions>().AddSingleton<ServicePlanner>();
        services.AddSingleton<Prober>().AddSingleton<ServiceHealth>();
        return services;
    }
}
