using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Osism.Contracts;
using Osism.Daemon.Ansible;
using Osism.Daemon.Configuration;
using Osism.Daemon.Lifecycle.Backups;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Hosting;

/// <summary><c>osismd manager backup|list|verify|restore|reset|upgrade|install</c>: what is done to a manager on its own machine, or to make one, and ends.</summary>
internal static class ManagerProgram
{
    /// <summary>First word on the command line.</summary>
    public const string Name = "manager";

    private const string Usage = """
        usage: osism manager backup [--folder FOLDER] [--passphrase-file FILE]
               osism manager list [--folder FOLDER] [--format table|json]
               osism manager verify [NAME] [--folder FOLDER] [--passphrase-file FILE]
               osism manager restore [NAME] [--folder FOLDER] [--passphrase-file FILE] [--yes]
               osism manager reset [--keep-history] [--drain] [--without-secrets] [--yes]
               osism manager upgrade [--check] [--yes]
               osism manager install HOST [--package FILE] [--user USER] [--port PORT] [--key FILE] [--ask-become-pass]
                                          [--configuration URL [--branch BRANCH]] [--listen ADDRESS:PORT] [--check]

        backup makes one of the manager of this machine, which goes on working: database, share, spool, keys, inventory.
        verify reads all of a backup, and restore makes it the manager again, after that one was stopped: what was there
        before is put aside. NAME is a name of the list or a path; without it the newest is taken.
        reset gives the manager a new life: /share, keys and vault password stay, the rest is put aside and made anew. One that
        was cut off goes on when it is called again.
        upgrade puts this osismd in the place of the one that runs, with a backup before it if the tables change. Runs go on.
        install makes HOST a manager over ssh, by the play 'manager', with the Ansible of this machine; one that is older there becomes newer.

          --folder FOLDER         where backups are, ssh://USER@HOST/FOLDER too; default the setting backup.folder, which is $OSISM_HOME/backups
          --passphrase-file FILE  holds the passphrase, - for stdin; default the setting backup.passphrase_file, else it is asked for
          --format FORMAT         of the list
          --keep-history          a reset keeps the database: jobs, results, facts
          --drain                 a reset waits until no job is under way instead of refusing
          --without-secrets       a reset of a database that does not start any more: the vault password is lost too
          --package FILE          the Debian package to be installed; default: what apt on the host knows
          --user, --port, --key   how ssh gets there; default as ssh has them
          --ask-become-pass       ask for the password that sudo wants there
          --configuration URL     git address of the configuration repository for /opt/configuration, and its branch; default main
          --listen ADDRESS:PORT   where the manager's API will be, written to /etc/osism/osismd.yml there; default 127.0.0.1:8000
          --check                 an install changes nothing; an upgrade is tried on a copy of the tables, and what it would do is printed
          --yes                   do not ask
        """;

    /// <exception cref="OsismException">Whatever stands in the way.</exception>
    public static async Task<int> RunAsync(string[] words, StopSignals signals)
    {
        if (words is [] or ["--help" or "-h", ..] or [_, "--help" or "-h", ..])
        {
            Console.Out.WriteLine(Usage);
            return words is [] ? ExitCode.Usage : ExitCode.Success;
        }

        if (words[0] == "install")
        {
            return await InstallProgram.RunAsync(ProgramWords.Parse("osism manager install", words[1..], InstallProgram.Options, [.. InstallProgram.Flags, "--check"], 1), signals.Starting);
        }

        var given = ProgramWords.Parse($"osism manager {words[0]}", words[1..], ["--folder", "--passphrase-file", "--format"], ["--yes", "--keep-history", "--drain", "--without-secrets", "--check"], words[0] is "verify" or "restore" ? 1 : 0);
        var settings = DaemonSettings.Read(roles: null);
        await using var app = DaemonApplication.Build(settings, NullLoggerProvider.Instance);
        SettingsCheck.Validate(app.Services);
        var options = app.Services.GetRequiredService<IOptions<BackupOptions>>().Value;
        var place = BackupPlaces.Of(given["--folder"], options, settings.Home);
        var passphrase = new Passphrase(given["--passphrase-file"] ?? options.PassphraseFile);
        return words[0] switch
        {
            "backup" => await BackupAsync(app.Services, place, passphrase, options.Keep, signals.Starting),
            "list" => await ListAsync(place, given["--format"] ?? "table", signals.Starting),
            "verify" => await VerifyAsync(place, given.Others.FirstOrDefault(), passphrase, signals.Starting),
            "restore" => await RestoreAsync(app.Services, settings, place, given, passphrase, signals.Starting),
            "reset" => await ResetProgram.RunAsync(app.Services, settings, given, signals.Starting),
            "upgrade" => await UpgradeProgram.RunAsync(app.Services, settings, given, signals.Starting),
            var other => throw new OsismException(ErrorCodes.RequestInvalid, $"there is no 'manager {other}': see osism manager backup --help"),
        };
    }

    private static async Task<int> BackupAsync(IServiceProvider services, IBackupPlace place, Passphrase passphrase, int keep, CancellationToken cancellationToken)
    {
        var words = passphrase.ForNew();
        var repository = services.GetRequiredService<ConfigurationRepository>();
        var configuration = repository.IsHere ? await repository.DescribeAsync(null, cancellationToken) : null;
        try
        {
            var (path, manifest) = await services.GetRequiredService<BackupMaker>().MakeAsync(place, words, configuration, cancellationToken);
            Console.Out.WriteLine(path);
            Say($"{manifest.Jobs} jobs, {Size(manifest.Bytes)}; keep the passphrase, without it nobody can read this");
            if (configuration is { Dirty: true })
            {
                Say($"{repository.Root} holds changes that are in no commit: the backup names the commit {configuration.Commit}, they are not in it");
            }

            foreach (var old in await place.ExpireAsync(keep, cancellationToken))
            {
                Say($"{old} was the oldest beyond the {keep} that backup.keep wants, and is removed");
            }

            return ExitCode.Success;
        }
        catch (NpgsqlException e)
        {
            throw DatabaseErrors.Explain(e) ?? new OsismException(ErrorCodes.DatabaseAway, $"the manager's database does not answer, start the manager: {e.Message}", e);
        }
    }

    private static async Task<int> ListAsync(IBackupPlace place, string format, CancellationToken cancellationToken)
    {
        var backups = await place.ListAsync(cancellationToken);
        switch (format)
        {
            case "json":
                using (var output = Console.OpenStandardOutput())
                {
                    using var json = new Utf8JsonWriter(output);
                    json.WriteStartArray();
                    foreach (var (name, manifest) in backups)
                    {
                        json.WriteStartObject();
                        json.WriteString("name", name);
                        json.WriteString("state", manifest is null ? "damaged" : "whole");
                        if (manifest is not null)
                        {
                            json.WriteString("created_at", manifest.CreatedAt.UtcDateTime);
                            json.WriteString("host", manifest.Host);
                            json.WriteString("version", manifest.Version);
                            json.WriteNumber("jobs", manifest.Jobs);
                            json.WriteNumber("bytes", manifest.Bytes);
                            json.WriteString("commit", manifest.Commit);
                        }

                        json.WriteEndObject();
                    }

                    json.WriteEndArray();
                    json.Flush();
                    output.Write("\n"u8);
                }

                return ExitCode.Success;
            case "table":
                foreach (var (name, manifest) in backups)
                {
                    Console.Out.WriteLine(manifest is null
                        ? $"{name}  damaged"
                        : $"{name}  {manifest.Host}  {manifest.Version}  {manifest.Jobs} jobs  {Size(manifest.Bytes)}  {manifest.Commit?[..Math.Min(manifest.Commit.Length, 12)]}");
                }

                if (backups.Count == 0)
                {
                    Say($"there is no backup in {place.Name}");
                }

                return ExitCode.Success;
            default:
                throw new OsismException(ErrorCodes.RequestInvalid, $"there is no format '{format}': table or json");
        }
    }

    private static async Task<int> VerifyAsync(IBackupPlace place, string? name, Passphrase passphrase, CancellationToken cancellationToken)
    {
        using var copy = await place.FetchAsync(name, cancellationToken);
        using var backup = OpenBackup.Open(copy.Path, passphrase.ForOld());
        await backup.VerifyAsync(cancellationToken);
        Console.Out.WriteLine($"{copy.Label} is whole: {backup.Manifest.Jobs} jobs, {Size(backup.Manifest.Bytes)}");
        return ExitCode.Success;
    }

    private static async Task<int> RestoreAsync(
        IServiceProvider services, DaemonSettings settings, IBackupPlace place, ProgramWords given, Passphrase passphrase, CancellationToken cancellationToken)
    {
        var home = settings.Home;
        var failpoints = services.GetRequiredService<Failpoints>();
        var user = services.GetRequiredService<RunUser>();
        HomeFolder.Prepare(home, user);
        await using var staged = new StagedManagers(settings);
        using var only = PidLock.Take(home.PidFile);
        RequireNobody(home);
        if (await new RestoreStage(home).FinishAsync(_ => ValueTask.CompletedTask) is { } earlier)
        {
            Say($"a restore that was cut off is finished now; what was there before it is in {earlier}");
        }

        using var copy = await place.FetchAsync(given.Others.FirstOrDefault(), cancellationToken);
        using var backup = OpenBackup.Open(copy.Path, passphrase.ForOld());
        if (!given.Has("--yes"))
        {
            Confirm($"{copy.Label}, made {backup.Manifest.CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC on {backup.Manifest.Host}, takes the place of the manager in {home.Root}, which is put aside");
        }

        var isEmbedded = services.GetRequiredService<IOptions<DatabaseOptions>>().Value.IsEmbedded;
        try
        {
            var restorer = new Restorer(home, staged.On, stage => HomeFolder.Prepare(stage, user), point => failpoints.ReachAsync(point, null, cancellationToken), Say);
            var aside = await restorer.RestoreAsync(backup, isEmbedded, TimeProvider.System, cancellationToken);
            Console.Out.WriteLine($"{home.Root} is the manager of {copy.Label} now. What was there before is in {aside}: remove it when all is well.");
            Say("jobs that waited when the backup was made are cancelled; what ran then is shown as lost. Start the manager, then: osism sync inventory, osism apply facts");
            if (backup.Manifest.Commit is { } commit)
            {
                Say($"the configuration repository was at {commit}");
            }

            return ExitCode.Success;
        }
        catch (NpgsqlException e)
        {
            throw DatabaseErrors.Explain(e) ?? new OsismException(ErrorCodes.BackupFailed, $"the database could not be filled, nothing was changed: {e.Message}", e);
        }
    }

    /// <summary>Further processes of this home, with other roles, have a lock each.</summary>
    private static void RequireNobody(OsismHome home)
    {
        foreach (var path in Directory.EnumerateFiles(home.Root, "osismd-*.pid"))
        {
            PidLock.Take(path).Dispose();
        }
    }

    /// <exception cref="OsismException">Somebody said no, or there is nobody to ask.</exception>
    public static void Confirm(string what)
    {
        if (Console.IsInputRedirected)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"{what}: say --yes, there is no terminal to ask");
        }

        Console.Error.Write($"{what}.\nGo on? Type yes: ");
        if (Console.In.ReadLine()?.Trim() != "yes")
        {
            throw new OsismException(ErrorCodes.JobCancelled, "nothing was changed");
        }
    }

    public static void Say(string text) => Console.Error.WriteLine(text);

    private static string Size(long bytes) => bytes < 1024 * 1024
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0 / 1024:0.0} MiB");

    /// <summary>Where the passphrase comes from: never an argument, never a variable.</summary>
    private sealed class Passphrase(string? file)
    {
        private const int Shortest = 12;

        public string ForOld() => file switch
        {
            null => ProgramWords.Ask("passphrase of the backup: "),
            "-" => Console.In.ReadToEnd().Trim(),
            _ => FirstLine(file),
        };

        public string ForNew()
        {
            var words = ForOld();
            if (words.Length < Shortest)
            {
                throw new OsismException(ErrorCodes.BackupPassphrase, $"the passphrase has {words.Length} characters: whoever finds the backup could guess it. Take at least {Shortest}");
            }

            if (file is null && !Console.IsInputRedirected && ProgramWords.Ask("the same again: ") != words)
            {
                throw new OsismException(ErrorCodes.BackupPassphrase, "the two are not the same");
            }

            return words;
        }

        private static string FirstLine(string path) => ProgramWords.ReadFile(path)!.Split('\n')[0].Trim();
    }
}
