namespace Osism.Daemon.Locks;

/// <summary>Registration of locks.</summary>
internal static class LockServices
{
    public static IServiceCollection AddLocks(this IServiceCollection services) =>
        services.AddSingleton<LockStore>().AddSingleton<LockDesk>().AddSingleton<LockPolicies>().AddSingleton<HostSets>();
}
