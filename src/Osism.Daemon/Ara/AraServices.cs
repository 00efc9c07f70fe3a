using Osism.Daemon.Ara.Resources;
using Osism.Daemon.Ara.Wire;
using Osism.Daemon.Ara.Writing;

namespace Osism.Daemon.Ara;

/// <summary>Registration of ARA's API.</summary>
internal static class AraServices
{
    public static IServiceCollection AddAra(this IServiceCollection services) =>
        services.AddSingleton<AraDatabase>().AddSingleton<RecordingLanes>().AddSingleton<AraDesk>().AddSingleton<LatestHosts>()
            .AddSingleton<IAraResource, Labels>().AddSingleton<IAraResource, Playbooks>().AddSingleton<IAraResource, Plays>().AddSingleton<IAraResource, Tasks>()
            .AddSingleton<IAraResource, Hosts>().AddSingleton<IAraResource, Resources.Results>().AddSingleton<IAraResource, Files>().AddSingleton<IAraResource, Records>();
}
