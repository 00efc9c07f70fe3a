using Dapper;
using Microsoft.Extensions.Options;
using Osism.Daemon.Facts.Cache;
using Osism.Daemon.Inventory.Current;

namespace Osism.Daemon.Facts;

internal static class FactsServices
{
    /// <summary>What is known of hosts. Needs the database, the inventory and <see cref="AddFactCache"/>; with the role <c>beat</c> also what takes facts in, on a worker what empties its cache.</summary>
    public static IServiceCollection AddFacts(this IServiceCollection services, bool isBeat, bool isWorker)
    {
        // Columns are named fact_set.gathered_at, properties GatheredAt.
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        services.AddOptions<FactsOptions>().BindConfiguration(FactsOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<FactsOptions>, FactsOptionsValidator>();
        services.AddSingleton<FactsIntake>().AddSingleton<FactStore>().AddSingleton<StaleFacts>().AddSingleton<FactQueries>().AddSingleton<FactReset>();
        services.AddSingleton<FactSearch>(provider => provider.GetRequiredService<FactQueries>().ByNameAsync);
        if (isBeat)
            services.AddHostedService<FactsKeeping>();
        if (isWorker)
            services.AddHostedService<FactResetWatch>();
        return services;
    }

    /// <summary>Ansible's own cache, for whoever composes runs. Needs the home.</summary>
    public static IServiceCollection AddFactCache(this IServiceCollection services)
    {
        services.AddOptions<RedisOptions>().BindConfiguration(RedisOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RedisOptions>, RedisOptionsValidator>();
        services.AddSingleton<FileFactCache>().AddSingleton<RedisFactCache>().AddSingleton<FactCaches>();
        return services;
    }
}
