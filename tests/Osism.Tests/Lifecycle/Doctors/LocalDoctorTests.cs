using Microsoft.Extensions.Options;
using Osism.Daemon.Ansible;
using Osism.Daemon.Configuration;
using Osism.Daemon.Lifecycle.Backups;
using Osism.Daemon.Lifecycle.Doctors;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Tests.Lifecycle.Doctors;

/// <summary>What is wrong on the machine of a manager that does not run is found, each with what to do.</summary>
public sealed class LocalDoctorTests : IDisposable
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _folder = new();
    private readonly OsismHome _home;

    public LocalDoctorTests() => _home = new OsismHome(_folder["home"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Where_there_is_nothing_everything_is_named_with_a_remedy()
    {
        var found = await LookAsync(new DatabaseOptions());

        Assert.Equal(
            [("folder", DiagnosisState.Problem), ("osismd", DiagnosisState.Problem), ("PostgreSQL", DiagnosisState.Problem), ("configuration", DiagnosisState.Problem), ("restore and reset", DiagnosisState.Ok), ("backup", DiagnosisState.Warning)],
            found.Select(diagnosis => (diagnosis.Name, diagnosis.State)));
        Assert.All(found.Where(diagnosis => diagnosis.State != DiagnosisState.Ok), diagnosis => Assert.NotEmpty(diagnosis.Remedy!));
        Assert.False(Directory.Exists(_home.Root));
    }

    [Fact]
    public async Task A_missing_PostgreSQL_a_cut_off_restore_and_an_old_backup_are_found()
    {
        Directory.CreateDirectory(_folder["pod/environments"]);
        Directory.CreateDirectory(Path.Combine(_home.Root, "restore"));
        using var key = BackupKey.Of("twelve words", new byte[16], 100_000);
        foreach (var days in new[] { 30, 20 })
        {
            var at = TimeProvider.System.GetUtcNow().AddDays(-days);
            var backup = Directory.CreateDirectory(Path.Combine(_home.Root, "backups", BackupFolder.NameOf(at))).FullName;
            var manifest = new BackupManifest(BackupManifest.CurrentFormat, at, "host", "0.1.0", [1], 0, null, false, new byte[16], 100_000, []).Sign(key);
            await File.WriteAllBytesAsync(Path.Combine(backup, BackupManifest.FileName), manifest.ToBytes(), _token);
        }

        var found = (await LookAsync(new DatabaseOptions { BinDirectory = "/nowhere" })).ToDictionary(diagnosis => diagnosis.Name, StringComparer.Ordinal);

        Assert.StartsWith("database.missing: ", found["PostgreSQL"].Detail, StringComparison.Ordinal);
        Assert.Equal(DiagnosisState.Problem, found["restore"].State);
        Assert.Contains("is 20 days old", found["backup"].Detail, StringComparison.Ordinal);
        Assert.Contains("no git repository", found["configuration"].Detail, StringComparison.Ordinal);
        Assert.Equal(DiagnosisState.Ok, found["folder"].State);
    }

    private Task<IReadOnlyList<Diagnosis>> LookAsync(DatabaseOptions database) => LocalDoctor.LookAsync(
        _home, new RunUser(UnixUser.Current.Name, UnixUser.Current.Home, IsOther: false), database,
        new ConfigurationRepository(Options.Create(new ConfigurationOptions { Path = _folder["pod"] })), new BackupFolder(Path.Combine(_home.Root, "backups")), TimeProvider.System, _token);
}
