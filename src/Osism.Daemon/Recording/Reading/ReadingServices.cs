using Microsoft.Extensions.DependencyInjection.Extensions;
using Osism.Daemon.Recording.Bodies;
using Osism.Daemon.Recording.Reading.Diffs;
using Osism.Daemon.Recording.Reading.Export;
using Osism.Daemon.Recording.Reading.Overview;
using Osism.Daemon.Recording.Reading.Search;

namespace Osism.Daemon.Recording.Reading;

internal static class ReadingServices
{
    /// <summary>Reading what was recorded.</summary>
    public static IServiceCollection AddReading(this IServiceCollection services)
    {
        services.TryAddSingleton<BodyReader>();
        services.AddSingleton<RecordedRuns>().AddSingleton<ResultQueries>().AddSingleton<ResultDetails>().AddSingleton<EventFollowing>();
        services.AddSingleton<OverviewQueries>().AddSingleton<HostQueries>().AddSingleton<JobComparison>();
        return services.AddSingleton<DiffQueries>().AddSingleton<ResultExport>().AddSingleton<TextSearch>();
    }
}
