using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Ansible;

/// <summary>How runs reach hosts where the repository's ansible.cfg does not say. Section <c>ssh</c>.</summary>
internal sealed class SshOptions
{
    public const string Section = "ssh";

    /// <summary>How long one connection may take to come up. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often an idle connection is proven alive. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan AliveInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many proofs may fail in a row. Default 2.</summary>
    [Range(1, 100)]
    public int AliveCount { get; set; } = 2;

    /// <summary>How often Ansible tries a lost connection again. Default 2: one that fails by chance is covered, one to a dead host is given up in time.</summary>
    [Range(0, 20)]
    public int Retries { get; set; } = 2;

    /// <summary>How long a connection outlives its last use. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ControlPersist { get; set; } = TimeSpan.FromSeconds(60);
}

[OptionsValidator]
internal sealed partial class SshOptionsValidator : IValidateOptions<SshOptions>;
