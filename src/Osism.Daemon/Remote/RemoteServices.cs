using Microsoft.Extensions.Options;

namespace Osism.Daemon.Remote;

internal static class RemoteServices
{
    /// <summary>Hosts for operators at a terminal. Needs the inventory, the composition of runs, the vault and the services of the pod.</summary>
    public static IServiceCollection AddRemote(this IServiceCollection services)
    {
        services.AddOptions<ConsoleOptions>().BindConfiguration(ConsoleOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ConsoleOptions>, ConsoleOptionsValidator>();
        services.AddSingleton<HostLogins>().AddSingleton<RemoteHosts>().AddSingleton<OperatorAccesses>().AddSingleton<RemoteCommands>().AddSingleton<HostQuestions>();
        return services;
    }
}
