using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Platform.Database;

/// <summary>The manager's PostgreSQL: our own (the default) or an existing one. Section <c>database</c>.</summary>
internal sealed class DatabaseOptions
{
    public const string Section = "database";

    /// <summary>
    /// An existing PostgreSQL, as <c>Host=...;Database=...;Username=...</c> or <c>postgresql://user:password@host/database</c>.
    /// Set by <c>OSISM_DATABASE</c>. Default: none, the manager runs its own. All options but <see cref="MaxPoolSize"/> are about that one.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>Folder with <c>postgres</c> and <c>initdb</c>. Default: those of Debian's packages which fit the data, else the newest.</summary>
    public string? BinDirectory { get; set; }

    /// <summary>Account under which PostgreSQL runs when the manager is root. Default <c>postgres</c>; an ordinary user runs it as itself.</summary>
    [Required]
    public string User { get; set; } = "postgres";

    /// <summary>PostgreSQL's own page cache in MiB. Default 64, 16 to 65536; memory is taken as pages are touched.</summary>
    [Range(16, 65536)]
    public int SharedBuffersMb { get; set; } = 64;

    /// <summary>Connections PostgreSQL accepts. Default 50, 20 to 1000; each costs about 1.7 MB while it is open.</summary>
    [Range(20, 1000)]
    public int MaxConnections { get; set; } = 50;

    /// <summary>Connections this process opens at most. Default 20, 5 to 500; idle ones are closed after 30 s.</summary>
    [Range(5, 500)]
    public int MaxPoolSize { get; set; } = 20;

    /// <summary>How long a start that fails for a passing reason is tried again. Default 30 s, 1 s to 10 min; recovery after a crash takes as long as it takes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an orderly stop may take before PostgreSQL is stopped the hard way, which is safe but makes the next start slower. Default 30 s, 1 s to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether the manager runs its own PostgreSQL.</summary>
    public bool IsEmbedded => string.IsNullOrWhiteSpace(ConnectionString);
}

[OptionsValidator]
internal sealed partial class DatabaseOptionsValidator : IValidateOptions<DatabaseOptions>;
