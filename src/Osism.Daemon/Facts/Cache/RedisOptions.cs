using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Facts.Cache;

/// <summary>The Redis in which Ansible on all workers keeps facts. Section <c>redis</c>.</summary>
internal sealed class RedisOptions
{
    public const string Section = "redis";

    /// <summary>Name or address; also <c>REDIS_HOST</c>. Default: none, each machine keeps facts in files of its own.</summary>
    public string? Host { get; set; }

    /// <summary>TCP port; also <c>REDIS_PORT</c>. Default 6379, 1 to 65535.</summary>
    [Range(1, 65_535)]
    public int Port { get; set; } = 6379;

    /// <summary>Number of the database; also <c>REDIS_DB</c>. Default 0, 0 to 65535.</summary>
    [Range(0, 65_535)]
    public int Db { get; set; }

    /// <summary>Default: none.</summary>
    public string? Password { get; set; }

    /// <summary>A file with the password, read for each run. Default: none.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>How long an answer may take before Redis counts as away. Default 2 s, 100 ms to 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);

    public bool IsConfigured => !string.IsNullOrWhiteSpace(Host);
}

[OptionsValidator]
internal sealed partial class RedisOptionsValidator : IValidateOptions<RedisOptions>;
