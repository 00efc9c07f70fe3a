using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Remote;

/// <summary>How operators reach hosts by hand. Section <c>console</c>; how long a connection may take is <see cref="Ansible.SshOptions"/>.</summary>
internal sealed class ConsoleOptions
{
    public const string Section = "console";

    /// <summary>On how many hosts one command may run without its caller saying so. Default 20.</summary>
    [Range(1, 10_000)]
    public int MaxHosts { get; set; } = 20;

    /// <summary>What becomes of the key of a host: <c>accept-new</c> takes an unknown one and refuses a changed one, <c>yes</c> refuses both, <c>no</c> takes both. Default <c>accept-new</c>.</summary>
    [RegularExpression("accept-new|yes|no", ErrorMessage = "console.host_keys must be accept-new, yes or no")]
    public string HostKeys { get; set; } = "accept-new";

    /// <summary>Whether the certificate of the central log store must be one this machine trusts. Default true.</summary>
    public bool OpensearchVerify { get; set; } = true;

    /// <summary>How long the central log store may take for one answer. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan OpensearchTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

[OptionsValidator]
internal sealed partial class ConsoleOptionsValidator : IValidateOptions<ConsoleOptions>;
