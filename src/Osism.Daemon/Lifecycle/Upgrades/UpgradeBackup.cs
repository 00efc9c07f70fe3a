using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Lifecycle.Backups;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Lifecycle.Upgrades;

/// <summary>The backup that is made before an upgrade changes the tables, whoever begins it: <c>osism manager upgrade</c> while the old osismd works, or a new osismd
/// that finds older tables.</summary>
internal sealed class UpgradeBackup(BackupMaker maker, OsismHome home, IOptions<BackupOptions> options, ConfigurationRepository repository, TimeProvider time)
{
    /// <summary>The one that <c>osism manager upgrade</c> has just made serves the osismd that it starts; a large database takes some minutes.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(15);

    private const int KeyBytes = 32;

    /// <summary>What opens it. Where nobody named a file nobody can be asked either: the manager makes itself one, which only its owner reads, as the database.</summary>
    public string PassphraseFile => options.Value.PassphraseFile ?? Path.Combine(home.Secrets, "upgrade-backup.passphrase");

    /// <summary>Makes one.</summary>
    /// <param name="plan">What the tables have and lack.</param>
    /// <param name="freshServes">Whether a fresh one of the same tables will do, whoever made it and with whatever passphrase.</param>
    /// <param name="cancellationToken">Nothing is left.</param>
    /// <returns>Path of the backup; null when the setting <c>backup.before_upgrade</c> is off.</returns>
    /// <exception cref="OsismException"><see cref="ErrorCodes.BackupFailed"/>, or the file of the passphrase cannot be read.</exception>
    public async Task<string?> EnsureAsync(MigrationPlan plan, bool freshServes, CancellationToken cancellationToken)
    {
        if (!options.Value.BeforeUpgrade)
        {
            return null;
        }

        var place = BackupPlaces.Of(null, options.Value, home);
        var fresh = (await place.ListAsync(cancellationToken)).LastOrDefault(backup =>
            freshServes && backup.Manifest is { } manifest && time.GetUtcNow() - manifest.CreatedAt < Fresh && manifest.Host == Environment.MachineName && manifest.Migrations.Order().SequenceEqual(plan.Applied));
        if (fresh.Name is not null)
        {
            return $"{place.Name}/{fresh.Name}";
        }

        var configuration = repository.IsHere ? await repository.DescribeAsync(null, cancellationToken) : null;
        return (await maker.MakeAsync(place, await PassphraseAsync(cancellationToken), configuration, cancellationToken)).Path;
    }

    private async Task<string> PassphraseAsync(CancellationToken cancellationToken)
    {
        var path = PassphraseFile;
        if (options.Value.PassphraseFile is null && !File.Exists(path))
        {
            await AtomicFile.WriteAsync(
                path, System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes)) + "\n"), UnixFileMode.UserRead | UnixFileMode.UserWrite, cancellationToken);
        }

        try
        {
            return (await File.ReadAllTextAsync(path, cancellationToken)).Split('\n')[0].Trim() is { Length: > 0 } passphrase
                ? passphrase
                : throw new OsismException(ErrorCodes.BackupPassphrase, $"{path} is empty: its first line is the passphrase of backups") { File = path };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OsismException(ErrorCodes.BackupPassphrase, $"{path}, which backup.passphrase_file names, cannot be read: {e.Message}", e) { File = path };
        }
    }
}
