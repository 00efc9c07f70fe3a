using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Jobs;

/// <summary>How a worker of this process takes and ends jobs. Section <c>worker</c>.</summary>
internal sealed class WorkerOptions
{
    public const string Section = "worker";

    /// <summary>Name shown beside the jobs this worker ran. Default: the host name.</summary>
    [Required, RegularExpression("^[a-z0-9][a-z0-9.-]{0,62}$")]
    public string Name { get; set; } = Environment.MachineName.ToLowerInvariant();

    /// <summary>Jobs of one queue at the same time. Default: <c>OSISM_CELERY_CONCURRENCY</c>, else the number of cores, at most 4.</summary>
    [Range(1, 256)]
    public int Slots { get; set; } = Math.Min(Environment.ProcessorCount, 4);

    /// <summary>Slots opened beyond <see cref="Slots"/> when jobs wait for nothing else and nothing moves, so that a play that waits
    /// for its own <c>osism apply</c> never waits for ever. Default 8; 0 forbids it.</summary>
    [Range(0, 256)]
    public int OverflowSlots { get; set; } = 8;

    /// <summary>How long the oldest job must have waited for nothing but a slot before one is opened beyond the limit. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan OverflowAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long after its last heartbeat a worker is taken for gone. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:03", "00:10:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Time between heartbeats, and between looks for jobs whose worker is gone. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often the way of a run is gone without a run after a start, so that the first job is as quick as the later ones. Default 20; 0: never.</summary>
    [Range(0, 1000)]
    public int Rehearsals { get; set; } = 20;

    /// <summary>What happens to runs of this worker while it cannot reach the database for longer than <see cref="Lease"/>: <c>keep</c> (default) lets them go
    /// on, and they are taken up again when the link is back; <c>kill</c> ends them, and managers call them lost without asking.</summary>
    [Required, RegularExpression("^(keep|kill)$")]
    public string OnPartition { get; set; } = "keep";

    /// <summary>How long a run that is to end may take after SIGINT before SIGTERM follows. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan InterruptGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long after SIGTERM before SIGKILL follows. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan TerminateGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long after the end of its lease a worker with <c>on_partition: kill</c> has surely ended its runs.</summary>
    public TimeSpan KillWithin => InterruptGrace + TerminateGrace + TimeSpan.FromSeconds(15);
}

[OptionsValidator]
internal sealed partial class WorkerOptionsValidator : IValidateOptions<WorkerOptions>;

/// <summary>Where runs leave what they write. Section <c>spool</c>.</summary>
internal sealed class SpoolOptions
{
    public const string Section = "spool";

    /// <summary>Free bytes below which a worker starts nothing. Default 256 MB.</summary>
    [Range(0, long.MaxValue)]
    public long MinimumFreeBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>How often what ended attempts left, and what else nobody needs any more, is taken away. Default 10 min, 1 s to 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Whether runs get a mount namespace with the production paths where the daemon may make one. Default true.</summary>
    public bool Namespace { get; set; } = true;
}

[OptionsValidator]
internal sealed partial class SpoolOptionsValidator : IValidateOptions<SpoolOptions>;
