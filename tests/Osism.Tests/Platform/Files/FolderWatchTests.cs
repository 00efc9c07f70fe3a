using Osism.Daemon.Platform.Files;
using Osism.Testing;

namespace Osism.Tests.Platform.Files;

/// <summary>What the kernel tells of folders, at the moment it is asked.</summary>
public sealed class FolderWatchTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FolderWatch _watch = new();

    public FolderWatchTests()
    {
        Directory.CreateDirectory(_folder["inner"]);
        File.WriteAllText(_folder["file"], "1");
        File.WriteAllText(_folder["inner/file"], "1");
    }

    public static TheoryData<string> Kinds => ["write", "append", "create", "delete", "rename", "mode", "deep write", "new folder", "folder gone"];

    public void Dispose()
    {
        _watch.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Whatever_happens_is_seen_by_the_next_question(string kind)
    {
        for (var i = 0; i < 20; i++)
        {
            var moment = Begin();
            Assert.True(_watch.IsQuietSince(moment));
            Do(kind, i);
            Assert.False(_watch.IsQuietSince(moment));
            Assert.False(_watch.IsQuietSince(moment));
        }
    }

    [Fact]
    public void Reading_is_no_change()
    {
        var moment = Begin();
        File.ReadAllText(_folder["inner/file"]);
        Directory.GetFileSystemEntries(_folder.Path);
        Assert.True(_watch.IsQuietSince(moment));
    }

    [Fact]
    public void Who_began_earlier_than_another_is_told_nothing_any_more()
    {
        var first = Begin();
        var second = Begin();
        Assert.False(_watch.IsQuietSince(first));
        Assert.True(_watch.IsQuietSince(second));
    }

    [Fact]
    public void A_folder_that_is_not_there_cannot_be_watched()
    {
        Assert.Null(_watch.Begin([FileStamp.Encode(_folder["nosuch"])]));
        Assert.NotNull(_watch.Begin([]));
    }

    private long Begin() => _watch.Begin([FileStamp.Encode(_folder.Path), FileStamp.Encode(_folder["inner"])])!.Value;

    private void Do(string kind, int round)
    {
        switch (kind)
        {
            case "write":
                File.WriteAllText(_folder["file"], "2");
                break;
            case "append":
                File.AppendAllText(_folder["file"], "2");
                break;
            case "create":
                File.WriteAllText(_folder[$"new{round}"], "");
                break;
            case "delete":
                File.Delete(_folder["file"]);
                File.WriteAllText(_folder["file"], "1");
                break;
            case "rename":
                File.Move(_folder["file"], _folder["other"]);
                File.Move(_folder["other"], _folder["file"]);
                break;
            case "mode":
                File.SetUnixFileMode(_folder["file"], round % 2 == 0 ? UnixFileMode.UserRead : UnixFileMode.UserRead | UnixFileMode.UserWrite);
                break;
            case "deep write":
                File.WriteAllText(_folder["inner/file"], "2");
                break;
            case "new folder":
                Directory.CreateDirectory(_folder[$"folder{round}"]);
                break;
            default:
                Directory.Delete(_folder["inner"], recursive: true);
                Directory.CreateDirectory(_folder["inner"]);
                break;
        }
    }
}
