using Osism.Daemon.Jobs;

namespace Osism.Daemon.Collections;

internal static class CollectionServices
{
    /// <summary>Collections and their runs. Needs the job engine.</summary>
    public static IServiceCollection AddCollections(this IServiceCollection services)
    {
        services.AddSingleton<CollectionCatalog>();
        services.AddSingleton<CollectionDescriptions>();
        services.AddSingleton<CollectionRunStore>();
        services.AddSingleton<CollectionRuns>();
        services.AddSingleton<CollectionNames>(provider => provider.GetRequiredService<CollectionCatalog>().IsCollection);
        return services;
    }
}
