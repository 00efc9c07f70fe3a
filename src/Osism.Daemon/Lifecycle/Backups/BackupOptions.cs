using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Lifecycle.Backups;

/// <summary>Backups of the manager. Section <c>backup</c>.</summary>
internal sealed class BackupOptions
{
    public const string Section = "backup";

    /// <summary>Where they are put and looked for. A folder, or <c>ssh://[USER@]HOST[:PORT]/FOLDER</c>. Default <c>$OSISM_HOME/backups</c>; better one that is not on the disk of the manager.</summary>
    public string? Folder { get; set; }

    /// <summary>The place that is meant, as <see cref="BackupPlaces.Of"/> takes it.</summary>
    public string FolderIn(OsismHome home) => Folder ?? Path.Combine(home.Root, "backups");

    /// <summary>Configuration of ssh for such a place (<c>ssh -F</c>): key, known hosts, ways there. Default that of the manager's user.</summary>
    public string? SshConfig { get; set; }

    /// <summary>File whose first line is the passphrase. Default none: it is asked for.</summary>
    public string? PassphraseFile { get; set; }

    /// <summary>Backups kept in the folder: after a new one the oldest beyond this are removed. Default 7; 0 = all.</summary>
    [Range(0, 100_000)]
    public int Keep { get; set; } = 7;

    /// <summary>Whether a backup is made before an upgrade changes the tables. Default true.</summary>
    public bool BeforeUpgrade { get; set; } = true;
}

[OptionsValidator]
internal sealed partial class BackupOptionsValidator : IValidateOptions<BackupOptions>;
