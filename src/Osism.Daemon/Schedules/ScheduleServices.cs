using Microsoft.Extensions.Options;

namespace Osism.Daemon.Schedules;

internal static class ScheduleServices
{
    /// <summary>Schedules for whoever shows or changes them; with the role <c>beat</c> also what decides them.</summary>
    public static IServiceCollection AddSchedules(this IServiceCollection services, bool isBeat)
    {
        services.AddOptions<ScheduleOptions>().BindConfiguration(ScheduleOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ScheduleOptions>, ScheduleOptionsValidator>();
        services.AddSingleton<ScheduleMetrics>().AddSingleton<ScheduleStore>().AddSingleton<ScheduleTargets>().AddSingleton<ScheduleBook>();
        if (isBeat)
        {
            services.AddSingleton<ScheduleBeat>();
            services.AddHostedService(provider => provider.GetRequiredService<ScheduleBeat>());
        }

        return services;
    }
}
