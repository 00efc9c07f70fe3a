using System.ComponentModel;
using System.Net.Sockets;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Tests.Platform.Processes;

public sealed class PosixTests
{
    [Fact]
    public void Accounts_are_found_by_name_and_by_number()
    {
        var root = UnixUser.Find("root")!;

        Assert.Equal((0u, 0u, "/root"), (root.Id, root.Group, root.Home));
        Assert.Equal(root, UnixUser.Find(0));
        Assert.Null(UnixUser.Find("no-such-user"));
        Assert.Null(UnixUser.Find(987_654_321));
        Assert.Equal(0u, UnixGroup.Find("root")!.Id);
        Assert.Null(UnixGroup.Find("no-such-group"));
        Assert.Equal(Posix.EffectiveUser, UnixUser.Current.Id);
    }

    [Fact]
    public async Task The_other_end_of_a_socket_is_known()
    {
        using var folder = new TempFolder();
        var address = new UnixDomainSocketEndPoint(folder["s"]);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(address);
        listener.Listen();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(address, TestContext.Current.CancellationToken);
        using var accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken);

        var peer = PeerCredentials.Of(accepted);

        Assert.Equal((Environment.ProcessId, Posix.EffectiveUser, Posix.EffectiveGroup), (peer.Pid, peer.User, peer.Group));
        Assert.Equal(UnixUser.Current.Name, peer.UserName);
        Assert.Equal("987654321", (peer with { User = 987_654_321 }).UserName);
    }

    [Fact]
    public void Of_several_who_rename_to_one_name_the_first_wins()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["a"]);
        Directory.CreateDirectory(folder["b"]);

        Assert.True(Posix.TryRenameNew(folder["a"], folder["c"]));
        Assert.False(Posix.TryRenameNew(folder["b"], folder["c"]));
        Assert.Throws<Win32Exception>(() => Posix.TryRenameNew(folder["gone"], folder["d"]));
        Posix.SyncFolder(folder.Path);
    }

    [Fact]
    public void Owner_and_identity_of_a_file_are_told()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["file"], "");
        File.CreateSymbolicLink(folder["link"], folder["file"]);
        var nobody = UnixUser.Find("nobody")!;

        Posix.ChangeLinkOwner(folder["link"], nobody.Id, nobody.Group);

        Assert.Equal(Posix.EffectiveUser, FileStatus.Of(folder["link"])!.Value.User);
        Assert.Equal(nobody.Id, FileStatus.Of(folder["link"], followLink: false)!.Value.User);
        Assert.True(FileStatus.Of(folder["link"], followLink: false)!.Value.IsLink);
        Assert.True(FileStatus.Of(folder["link"])!.Value.IsSame(FileStatus.Of(folder["file"])!.Value));
        Posix.ChangeOwner(folder["link"], nobody.Id, nobody.Group);
        Assert.Equal((nobody.Id, nobody.Group), (FileStatus.Of(folder["file"])!.Value.User, FileStatus.Of(folder["file"])!.Value.Group));
        Assert.True(FileStatus.Of(folder.Path)!.Value.IsFolder);
        Assert.Null(FileStatus.Of(folder["gone"]));
    }

    [Fact]
    public void Nobody_is_signalled_by_mistake()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Posix.Kill(0, Signal.None));
        Assert.Throws<ArgumentOutOfRangeException>(() => Posix.Kill(-1, Signal.None));
        Assert.False(Posix.Kill(int.MaxValue, Signal.Kill));
        Assert.True(Posix.Kill(Environment.ProcessId, Signal.None));
    }
}
