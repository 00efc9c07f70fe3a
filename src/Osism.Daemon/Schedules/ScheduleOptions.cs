using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Schedules;

/// <summary>How schedules are kept, and the built-in ones. Section <c>schedules</c>.</summary>
internal sealed class ScheduleOptions
{
    public const string Section = "schedules";

    /// <summary>Seconds between two runs of <c>facts</c>; 0 = none. Default 43200; also <c>GATHER_FACTS_SCHEDULE</c>.</summary>
    [Range(0, 31_622_400.0)]
    public double GatherFacts { get; set; } = 43200;

    /// <summary>Seconds between two runs of the inventory reconciler; 0 = none. Default 600; also <c>INVENTORY_RECONCILER_SCHEDULE</c>.</summary>
    [Range(0, 31_622_400.0)]
    public double Reconcile { get; set; } = 600;

    /// <summary>Seconds between two backups of the manager; 0 = none, the default. They need <c>backup.passphrase_file</c>.</summary>
    [Range(0, 31_622_400.0)]
    public double Backup { get; set; }

    /// <summary>How late an occurrence may be decided and still counts as in time. Default 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "1.00:00:00")]
    public TimeSpan MisfireAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest pause between two looks at clock, file and schedules. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00")]
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long decided occurrences are remembered. Default 90 days.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan KeepHistory { get; set; } = TimeSpan.FromDays(90);
}

[OptionsValidator]
internal sealed partial class ScheduleOptionsValidator : IValidateOptions<ScheduleOptions>;
