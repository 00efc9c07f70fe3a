using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Services;

/// <summary>How the manager looks at services. Section <c>services</c>.</summary>
internal sealed class ServicesOptions
{
    public const string Section = "services";

    /// <summary>How long a service may take to answer before it counts as unhealthy, unless its probe says otherwise. Default 5 s, 100 ms to 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Most addresses that are tried at the same time, by all who ask together. Default 32, 1 to 1000.</summary>
    [Range(1, 1000)]
    public int ProbesAtOnce { get; set; } = 32;
}

[OptionsValidator]
internal sealed partial class ServicesOptionsValidator : IValidateOptions<ServicesOptions>;
