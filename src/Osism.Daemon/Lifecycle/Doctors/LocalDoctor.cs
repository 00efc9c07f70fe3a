using System.Globalization;
using Osism.Daemon.Ansible;
using Osism.Daemon.Configuration;
using Osism.Daemon.Lifecycle.Backups;
using Osism.Daemon.Lifecycle.Resets;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Lifecycle.Doctors;

/// <summary>Looks at the machine of a manager, whether that runs or not, and changes nothing.</summary>
internal static class LocalDoctor
{
    private const long LittleRoom = 1L << 30;
    private static readonly TimeSpan OldBackup = TimeSpan.FromDays(7);

    public static async Task<IReadOnlyList<Diagnosis>> LookAsync(
        OsismHome home, RunUser user, DatabaseOptions database, ConfigurationRepository repository, IBackupPlace backups, TimeProvider time, CancellationToken cancellationToken) =>
    [
        Home(home),
        Manager(home),
        await DatabaseAsync(home, database, cancellationToken),
        Repository(repository, user),
        Unfinished(home),
        await BackupAsync(backups, time, cancellationToken),
    ];

    private static Diagnosis Home(OsismHome home)
    {
        if (!Directory.Exists(home.Root))
        {
            return Diagnosis.Fault("folder", $"{home.Root} does not exist", "start osismd, which makes it, or set OSISM_HOME to the folder of the manager");
        }

        var free = DiskSpace.FreeBytes(home.Root);
        var text = string.Create(CultureInfo.InvariantCulture, $"{free >> 20} MB free for {home.Root}");
        return free < LittleRoom
            ? Diagnosis.Doubt("folder", text, "make room: 'osism task prune', old before-restore-* and before-reset-* folders, or a larger disk")
            : Diagnosis.Fine("folder", text);
    }

    private static Diagnosis Manager(OsismHome home) => RunningManager.Find(home) is { } process
        ? Diagnosis.Fine("osismd", $"process {process.Pid}")
        : Diagnosis.Fault("osismd", "does not run", Directory.Exists("/run/systemd/system") && File.Exists("/lib/systemd/system/osismd.service")
            ? "systemctl start osismd; if it ends again: journalctl -u osismd"
            : "start osismd; what it says last is why it ended");

    private static async Task<Diagnosis> DatabaseAsync(OsismHome home, DatabaseOptions options, CancellationToken cancellationToken)
    {
        if (!options.IsEmbedded)
        {
            return Diagnosis.Fine("PostgreSQL", "somebody else's, as OSISM_DATABASE says");
        }

        try
        {
            var layout = PostgresLayout.For(home);
            var version = File.Exists(layout.VersionFile) ? (await File.ReadAllTextAsync(layout.VersionFile, cancellationToken)).Trim() : null;
            var programs = await PostgresPrograms.FindAsync(options, version, layout.Data, cancellationToken);
            if (Posix.IsRoot && UnixUser.Find(options.User) is null)
            {
                return Diagnosis.Fault("PostgreSQL", $"there is no user {options.User}", "apt-get install --yes postgresql, or set database.user");
            }

            return Postmaster.Find(layout.Data) is { IsReady: true } server
                ? Diagnosis.Fine("PostgreSQL", $"version {programs.Version}, process {server.Identity.Pid}")
                : Diagnosis.Fault("PostgreSQL", "does not run", $"start osismd, which starts it; its log is {layout.Log}");
        }
        catch (OsismException e)
        {
            return Diagnosis.Fault("PostgreSQL", $"{e.Code.Code}: {e.Message}", "do what it says");
        }
    }

    private static Diagnosis Repository(ConfigurationRepository repository, RunUser user)
    {
        try
        {
            repository.Require();
        }
        catch (OsismException e)
        {
            return Diagnosis.Fault("configuration", $"{e.Code.Code}: {e.Message}", $"clone the pod's repository to {repository.Root}, or set OSISM_CONFIGURATION");
        }

        if (!Directory.Exists(Path.Combine(repository.Root, ".git")))
        {
            return Diagnosis.Doubt("configuration", $"{repository.Root} is no git repository", "git init, and commit: jobs then say which configuration they ran with");
        }

        var status = FileStatus.Of(repository.Environments)!.Value;
        var mayRead = !user.IsOther || (status.User == user.Account.Id ? status.Permissions.HasFlag(UnixFileMode.UserRead) : status.Group == user.Account.Group ? status.Permissions.HasFlag(UnixFileMode.GroupRead) : status.Permissions.HasFlag(UnixFileMode.OtherRead));
        return mayRead
            ? Diagnosis.Fine("configuration", repository.Root)
            : Diagnosis.Fault("configuration", $"{user.Name}, as whom plays run, may not read {repository.Environments}", $"chown -R {user.Name} {repository.Root}");
    }

    private static Diagnosis Unfinished(OsismHome home) => ResetJournal.Open(home) is not null
        ? Diagnosis.Fault("reset", "a reset was cut off", "osism manager reset, which goes on with it")
        : new RestoreStage(home).IsThere
            ? Diagnosis.Fault("restore", "a restore was cut off, or is under way", "start osismd, which finishes or forgets it")
            : Diagnosis.Fine("restore and reset", "nothing was cut off");

    private static async Task<Diagnosis> BackupAsync(IBackupPlace place, TimeProvider time, CancellationToken cancellationToken)
    {
        IReadOnlyList<(string Name, BackupManifest? Manifest)> backups;
        try
        {
            backups = await place.ListAsync(cancellationToken);
        }
        catch (OsismException e)
        {
            return Diagnosis.Doubt("backup", e.Message, "osism manager list, once that is put right");
        }

        if (backups is not [.., var (name, manifest)])
        {
            return Diagnosis.Doubt("backup", $"there is none in {place.Name}", "osism manager backup");
        }

        if (manifest is null)
        {
            return Diagnosis.Doubt("backup", $"the newest, {name}, cannot be read", "osism manager backup; the old ones: osism manager list");
        }

        var age = time.GetUtcNow() - manifest.CreatedAt;
        return age > OldBackup
            ? Diagnosis.Doubt("backup", string.Create(CultureInfo.InvariantCulture, $"the newest, {name}, is {age.TotalDays:0} days old"), "osism manager backup, or by itself: schedules.backup")
            : Diagnosis.Fine("backup", name);
    }
}
