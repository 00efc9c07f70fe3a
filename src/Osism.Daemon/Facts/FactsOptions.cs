using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Facts;

/// <summary>What is kept of facts, and what happens to runs whose hosts' facts are old. Section <c>facts</c>.</summary>
internal sealed class FactsOptions
{
    public const string Section = "facts";

    /// <summary>What happens when a role is submitted and facts of its hosts are older than <see cref="MaxAge"/>, or missing. Default <c>warn</c>.</summary>
    public FactsPolicy Policy { get; set; } = FactsPolicy.Warn;

    /// <summary>Seconds after which facts are old; also <c>FACTS_MAX_AGE</c>. Default 43200, 1 to 31536000.</summary>
    [Range(1, 31_536_000)]
    public int MaxAge { get; set; } = 43_200;

    /// <summary>Earlier values kept of each fact of each host. Default 20, 0 to 1000; 0 keeps none.</summary>
    [Range(0, 1000)]
    public int History { get; set; } = 20;

    /// <summary>Longest value of which earlier ones are kept, in bytes of JSON; of longer ones only the time is. Default 65536, 0 to 16777216.</summary>
    [Range(0, 16_777_216)]
    public int HistoryValueBytes { get; set; } = 65_536;

    /// <summary>Facts that change all the time and have no history: names parted by commas, <c>*</c> stands for any characters.</summary>
    public string Volatile { get; set; } =
        "ansible_date_time,ansible_uptime_seconds,ansible_memfree_mb,ansible_memory_mb,ansible_swapfree_mb,ansible_loadavg,ansible_mounts,ansible_env,ansible_hibernation_*,ansible_entropy*";
}

/// <summary>See <see cref="FactsOptions.Policy"/>.</summary>
internal enum FactsPolicy
{
    /// <summary>Nothing.</summary>
    Off,

    /// <summary>A warning.</summary>
    Warn,

    /// <summary>They are gathered first.</summary>
    Refresh,

    /// <summary>The role is not taken.</summary>
    Refuse,
}

[OptionsValidator]
internal sealed partial class FactsOptionsValidator : IValidateOptions<FactsOptions>;
