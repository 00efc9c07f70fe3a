using Osism.Daemon.Recording.Bodies;
using Osism.Daemon.Recording.Ingest;

namespace Osism.Daemon.Recording;

/// <summary>Registration of the recording.</summary>
internal static class RecordingServices
{
    public static IServiceCollection AddRecording(this IServiceCollection services) =>
        services.AddSingleton<BodyReader>().AddSingleton<RecordWriter>().AddSingleton<RecordingMetrics>().AddSingleton<EventArrivals>().AddSingleton<RecordRemoval>();
}
