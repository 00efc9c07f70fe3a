using Osism.Contracts;
using Osism.Daemon.Lifecycle.Backups;
using Osism.Daemon.Platform;
using Osism.Testing;

namespace Osism.Tests.Lifecycle.Backups;

/// <summary>Names of places for backups, and what a place keeps.</summary>
public sealed class BackupPlacesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("ssh://")]
    [InlineData("ssh:///srv/backups")]
    [InlineData("ssh://vault.example")]
    [InlineData("ssh://vault.example/")]
    [InlineData("ssh://osism:secret@vault.example/srv")]
    [InlineData("ssh://-oProxyCommand=x/srv")]
    [InlineData("ssh://-l@vault.example/srv")]
    [InlineData("ssh://vault.example:70000/srv")]
    [InlineData("ssh://vault.example/srv?x=1")]
    public void What_names_no_folder_on_a_machine_is_refused(string name)
    {
        var fault = Assert.Throws<OsismException>(() => BackupPlaces.Of(name, new BackupOptions(), new OsismHome(_folder.Path)));

        Assert.Equal(ErrorCodes.RequestInvalid, fault.Code);
        Assert.Contains("ssh://USER@HOST/FOLDER", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ssh://osism@vault.example:2222/srv/north", "ssh://osism@vault.example:2222/srv/north")]
    [InlineData("ssh://[2001:db8::7]/~/north/", "ssh://[2001:db8::7]/~/north")]
    [InlineData("relative", null)]
    public void What_names_one_is_called_as_it_was_named(string name, string? place) =>
        Assert.Equal(place ?? Path.GetFullPath(name), BackupPlaces.Of(name, new BackupOptions(), new OsismHome(_folder.Path)).Name);

    [Theory]
    [InlineData(0, "")]
    [InlineData(2, "a")]
    [InlineData(1, "a c")]
    [InlineData(9, "")]
    public void The_oldest_go_and_what_cannot_be_read_neither_counts_nor_goes(int keep, string gone)
    {
        var whole = new BackupManifest(1, default, "", "", [], 0, null, false, [], 0, []);

        Assert.Equal(gone, string.Join(' ', BackupFolder.Beyond(keep, [("a", whole), ("b", null), ("c", whole), ("d", whole)])));
    }
}
