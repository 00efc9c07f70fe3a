using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Osism.Contracts;
using Osism.Daemon.Lifecycle.Backups;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Tests.Lifecycle.Backups;

/// <summary>The files of a home, there and back.</summary>
public sealed class HomeArchiveTests : IDisposable
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Files_folders_links_modes_and_owners_come_back_and_what_belongs_to_processes_does_not()
    {
        var home = new OsismHome(_folder["home"]);
        Directory.CreateDirectory(Path.Combine(home.Share, "closed"));
        await WriteAsync(Path.Combine(home.Share, "closed", "deep.txt"), "deep", 0b110_000_000);
        await WriteAsync(Path.Combine(home.Share, "tool"), "#!/bin/sh", 0b111_101_101);
        File.CreateSymbolicLink(Path.Combine(home.Share, "link"), "closed/deep.txt");
        File.SetUnixFileMode(Path.Combine(home.Share, "closed"), (UnixFileMode)0b101_000_000);
        await WriteAsync(home.Token, "token", 0b110_000_000);
        await WriteAsync(home.PidFile, "1", 0b110_000_000);
        await WriteAsync(Path.Combine(home.Root, "osismd.log"), "log", 0b110_000_000);
        Directory.CreateDirectory(_folder["picture"]);
        await WriteAsync(Path.Combine(_folder["picture"], "output"), "line", 0b110_000_000);
        Posix.ChangeOwner(Path.Combine(home.Share, "tool"), Posix.IsRoot ? 4711 : Posix.EffectiveUser, Posix.EffectiveGroup);
        File.SetUnixFileMode(Path.Combine(home.Share, "tool"), (UnixFileMode)0b100_111_101_101);

        var names = await MoveAsync(home, _folder["picture"]);

        var back = new OsismHome(_folder["back"]);
        Assert.Equal(["share", "spool", "token"], names.Order(StringComparer.Ordinal));
        Assert.Equal(["share", "spool", "token"], Directory.EnumerateFileSystemEntries(back.Root).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));
        Assert.Equal("deep", await File.ReadAllTextAsync(Path.Combine(back.Share, "link"), _token));
        Assert.Equal("line", await File.ReadAllTextAsync(Path.Combine(back.Spool, "output"), _token));
        Assert.Equal((UnixFileMode)0b101_000_000, File.GetUnixFileMode(Path.Combine(back.Share, "closed")));
        Assert.Equal((UnixFileMode)0b100_111_101_101, File.GetUnixFileMode(Path.Combine(back.Share, "tool")));
        Assert.Equal(FileStatus.Of(Path.Combine(home.Share, "tool"))!.Value.User, FileStatus.Of(Path.Combine(back.Share, "tool"))!.Value.User);
        Assert.Equal(File.GetLastWriteTimeUtc(home.Token), File.GetLastWriteTimeUtc(back.Token), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_file_that_grows_while_it_is_read_is_kept_as_long_as_it_was()
    {
        await File.WriteAllTextAsync(_folder["file"], "first", _token);
        await using var file = File.OpenRead(_folder["file"]);
        await using var first = new FirstBytes(file, file.Length);
        await File.AppendAllTextAsync(_folder["file"], "second", _token);
        await using var shrunk = new FirstBytes(file, 20);

        Assert.Equal("first", await new StreamReader(first).ReadToEndAsync(_token));
        file.Position = 0;
        Assert.Equal("firstsecond\0\0\0\0\0\0\0\0\0", await new StreamReader(shrunk).ReadToEndAsync(_token));
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("share/../../evil")]
    [InlineData("/etc/evil")]
    [InlineData("postgres/evil")]
    [InlineData("share//evil")]
    public async Task An_entry_that_is_no_file_of_a_home_is_refused(string name)
    {
        var archive = new MemoryStream();
        await using (var compressed = new GZipStream(archive, CompressionLevel.Fastest, leaveOpen: true))
        await using (var tar = new TarWriter(compressed))
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream([1]) }, _token);
        }

        archive.Position = 0;
        Directory.CreateDirectory(_folder["below/back"]);
        var refusal = await Assert.ThrowsAsync<OsismException>(() => HomeArchive.ReadAsync(archive, _folder["below/back"], _token));

        Assert.Equal(ErrorCodes.BackupDamaged, refusal.Code);
        Assert.Empty(Directory.EnumerateFiles(_folder.Path, "evil", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_run_that_is_tidied_away_stays_in_the_picture_of_the_spool()
    {
        var spool = Directory.CreateDirectory(_folder["spool"]).FullName;
        Directory.CreateDirectory(Path.Combine(spool, "one"));
        File.WriteAllText(Path.Combine(spool, "one", "output"), "before");
        using var picture = SpoolPicture.Begin(spool);
        picture.Add();
        File.AppendAllText(Path.Combine(spool, "one", "output"), " and after");
        Directory.Delete(Path.Combine(spool, "one"), recursive: true);
        Directory.CreateDirectory(Path.Combine(spool, "two"));
        File.WriteAllText(Path.Combine(spool, "two", "output"), "two");
        picture.Add();

        Assert.Equal("before and after", File.ReadAllText(Path.Combine(picture.Path, "one", "output")));
        Assert.Equal("two", File.ReadAllText(Path.Combine(picture.Path, "two", "output")));
        picture.Dispose();
        Assert.False(Directory.Exists(picture.Path));
        Assert.True(File.Exists(Path.Combine(spool, "two", "output")));
    }

    private async Task<IReadOnlySet<string>> MoveAsync(OsismHome home, string spool)
    {
        var archive = new MemoryStream();
        await HomeArchive.WriteAsync(home, spool, archive, _token);
        archive.Position = 0;
        Directory.CreateDirectory(_folder["back"]);
        return await HomeArchive.ReadAsync(archive, _folder["back"], _token);
    }

    private async Task WriteAsync(string path, string text, int mode)
    {
        await File.WriteAllBytesAsync(path, Encoding.UTF8.GetBytes(text), _token);
        File.SetUnixFileMode(path, (UnixFileMode)mode);
    }
}
