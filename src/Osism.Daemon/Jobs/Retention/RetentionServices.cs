using Microsoft.Extensions.Options;

namespace Osism.Daemon.Jobs.Retention;

internal static class RetentionServices
{
    /// <summary>Retention for whoever asks for it; with the role <c>beat</c> also by itself.</summary>
    public static IServiceCollection AddRetention(this IServiceCollection services, bool isBeat)
    {
        services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RetentionOptions>, RetentionOptionsValidator>();
        services.AddSingleton<RetentionStore>().AddSingleton<RetentionMetrics>().AddSingleton<RetentionSweep>();
        if (isBeat)
        {
            services.AddHostedService(provider => provider.GetRequiredService<RetentionSweep>());
        }

        return services;
    }
}
