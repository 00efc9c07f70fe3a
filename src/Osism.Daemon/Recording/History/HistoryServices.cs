using Microsoft.Extensions.Options;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Recording.History;

internal static class HistoryServices
{
    /// <summary>The execution history; with the role <c>beat</c> it is written.</summary>
    /// <param name="versions">Where the versions of the runtimes lie.</param>
    public static IServiceCollection AddExecutionHistory(this IServiceCollection services, bool isBeat, Func<IServiceProvider, RuntimeVersions> versions)
    {
        services.AddOptions<HistoryOptions>().BindConfiguration(HistoryOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<HistoryOptions>, HistoryOptionsValidator>();
        services.AddSingleton(versions).AddSingleton<ExecutionHistory>();
        if (isBeat)
        {
            services.AddHostedService(provider => provider.GetRequiredService<ExecutionHistory>());
        }

        return services;
    }
}
