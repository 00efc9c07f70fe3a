using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Jobs.Retention;

/// <summary>How long ended jobs are kept. Section <c>retention</c>. What is pinned is kept whatever these say.</summary>
internal sealed class RetentionOptions
{
    public const string Section = "retention";

    /// <summary>After how long an ended job is deleted. Default 90 days; 0 = never.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromDays(90);

    /// <summary>The same for those that did not succeed. Default 180 days; 0 = never. Count and bytes leave them alone.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan KeepFailed { get; set; } = TimeSpan.FromDays(180);

    /// <summary>Jobs kept at most, the newest. Default 1,000,000; 0 = any number.</summary>
    [Range(0, long.MaxValue)]
    public long MaxCount { get; set; } = 1_000_000;

    /// <summary>Bytes of output and events kept at most, those of the newest jobs, before compression. Default 100 GiB; 0 = any number.</summary>
    [Range(0, long.MaxValue)]
    public long MaxBytes { get; set; } = 100L * 1024 * 1024 * 1024;

    /// <summary>Jobs deleted in one transaction. Default 200.</summary>
    [Range(1, 10_000)]
    public int Batch { get; set; } = 200;

    /// <summary>Time between two sweeps. Default 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromMinutes(10);
}

[OptionsValidator]
internal sealed partial class RetentionOptionsValidator : IValidateOptions<RetentionOptions>;
