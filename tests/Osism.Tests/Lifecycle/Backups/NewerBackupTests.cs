using Osism.Contracts;
using Osism.Daemon.Lifecycle.Backups;
using Osism.Daemon.Platform;
using Osism.Testing;

namespace Osism.Tests.Lifecycle.Backups;

/// <summary>What a later osismd has saved is refused before anything is read or changed, and it is said which one made it.</summary>
public sealed class NewerBackupTests : IDisposable
{
    private const string Maker = "7.8.9";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_another_format_its_manifest_is_not_read()
    {
        var fault = Assert.Throws<OsismException>(() => BackupManifest.Read(Manifest(BackupManifest.CurrentFormat + 1, []).ToBytes()));

        Assert.Equal(ErrorCodes.BackupNewer, fault.Code);
        Assert.Contains(Maker, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_tables_that_are_not_known_here_nothing_is_restored()
    {
        var home = new OsismHome(_folder["home"]);
        using var backup = new OpenBackup(_folder["missing"], Manifest(BackupManifest.CurrentFormat, [1, 9999]), BackupKey.Of("correct horse battery", BackupKey.NewSalt(), 100_000));
        var restorer = new Restorer(home, _ => throw new InvalidOperationException("nothing may be begun"), _ => throw new InvalidOperationException("nothing may be made"), _ => ValueTask.CompletedTask, _ => { });

        var fault = await Assert.ThrowsAsync<OsismException>(() => restorer.RestoreAsync(backup, isEmbedded: true, TimeProvider.System, TestContext.Current.CancellationToken));

        Assert.Equal(ErrorCodes.BackupNewer, fault.Code);
        Assert.Contains($"{Maker} and holds migration 9999", fault.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(home.Root));
    }

    private static BackupManifest Manifest(int format, IReadOnlyList<int> migrations) =>
        new(format, DateTimeOffset.UnixEpoch, "host", Maker, migrations, 0, null, false, [1, 2, 3], 100_000, []);
}
