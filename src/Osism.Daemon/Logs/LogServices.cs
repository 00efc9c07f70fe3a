namespace Osism.Daemon.Logs;

internal static class LogServices
{
    /// <summary>The central log store. Needs hosts and the services of the pod.</summary>
    public static IServiceCollection AddLogs(this IServiceCollection services) =>
        services.AddSingleton<OpenSearchAddress>().AddSingleton<OpenSearchPrompt>();
}
