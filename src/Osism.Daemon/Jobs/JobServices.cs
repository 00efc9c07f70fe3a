using Dapper;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Osism.Daemon.Jobs.Output;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Jobs;

/// <summary>Registration of the job engine.</summary>
internal static class JobServices
{
    public static IServiceCollection AddJobs(this IServiceCollection services, WorkerQueues queues)
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        SqlMapper.AddTypeHandler(new DateTimeOffsetHandler());
        services.AddOptions<WorkerOptions>().BindConfiguration(WorkerOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<WorkerOptions>, WorkerOptionsValidator>();
        services.AddOptions<SpoolOptions>().BindConfiguration(SpoolOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<SpoolOptions>, SpoolOptionsValidator>();
        services.AddSingleton<JobSignals>().AddSingleton<JobMetrics>().AddSingleton<SubmissionGroups>().AddSingleton<JobStore>().AddSingleton<JobQueries>().AddSingleton<RoleDurations>();
        services.AddSingleton<JobSubmission>().AddSingleton<WorkerRegistry>().AddTransient<HolderWatch>().AddSingleton<WorkerClock>().AddSingleton<TinyDesk>();
        services.AddSingleton<OutputStore>().AddSingleton<OutputReader>().AddSingleton<LiveOutput>();
        services.AddSingleton<Failpoints>().AddSingleton<RunNamespace>();
        services.AddSingleton<SpoolWriter>().AddSingleton<Supervisors>().AddSingleton<SpoolFollower>().AddSingleton<BlindFollower>().AddSingleton<SpoolCleaner>().AddSingleton<AttemptKiller>();
        services.AddSingleton<JobTroubles>().AddSingleton<AttemptRunner>().AddSingleton<Adoption>();
        services.TryAddSingleton<CollectionNames>(_ => _ => false);
        services.AddSingleton(queues);
        services.AddHostedService<JobNotifier>();
        if (queues.Names.Count > 0)
        {
            services.AddSingleton(provider => Identity(provider));
            services.AddSingleton<TinyJobs>().AddSingleton<Worker>();
            services.AddHostedService(provider => provider.GetRequiredService<Worker>());
            services.AddHostedService<Rehearsal>();
        }

        return services;
    }

    private static WorkerIdentity Identity(IServiceProvider provider)
    {
        var self = ProcessIdentity.Current;
        var machine = File.ReadAllText(provider.GetRequiredService<OsismHome>().MachineFile).Trim();
        return new WorkerIdentity(
            Guid.CreateVersion7(), provider.GetRequiredService<IOptions<WorkerOptions>>().Value.Name, machine, self.BootId, self.Pid, self.StartTime);
    }

    /// <summary>Npgsql gives times as UTC DateTime; the domain knows only DateTimeOffset.</summary>
    private sealed class DateTimeOffsetHandler : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public override DateTimeOffset Parse(object value) => value is DateTime time ? new DateTimeOffset(time) : (DateTimeOffset)value;

        public override void SetValue(System.Data.IDbDataParameter parameter, DateTimeOffset value) => parameter.Value = value.ToUniversalTime();
    }
}
