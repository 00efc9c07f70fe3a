using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Tests.Platform.Files;

public sealed class FilesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_is_replaced_whole_with_exactly_its_permissions()
    {
        var path = _folder["file"];
        await AtomicFile.WriteAsync(path, "old"u8.ToArray(), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite, _token);
        var before = FileStatus.Of(path)!.Value;

        await AtomicFile.WriteAsync(path, "new"u8.ToArray(), UnixFileMode.UserRead, _token);

        Assert.Equal("new", await File.ReadAllTextAsync(path, _token));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite, before.Permissions);
        Assert.Equal(UnixFileMode.UserRead, FileStatus.Of(path)!.Value.Permissions);
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Of_many_who_make_a_file_one_wins_and_nothing_is_left_over()
    {
        var path = _folder["file"];

        var seen = await Task.WhenAll(Enumerable.Range(0, 16).Select(number => Task.Run(
            async () =>
            {
                await AtomicFile.CreateAsync(path, new[] { (byte)number }, UnixFileMode.UserRead, _token);
                return (await File.ReadAllBytesAsync(path, _token)).Single();
            },
            _token)));

        Assert.Single(seen.Distinct());
        Assert.Equal(UnixFileMode.UserRead, FileStatus.Of(path)!.Value.Permissions);
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task On_a_full_disk_the_old_content_stays_and_nothing_is_left_over()
    {
        using var disk = new SmallDisk(megabytes: 1);
        var path = Path.Combine(disk.Path, "file");
        await AtomicFile.WriteAsync(path, "old"u8.ToArray(), UnixFileMode.UserRead, _token);
        await disk.FillAsync(_token);

        var failed = await Assert.ThrowsAnyAsync<IOException>(() => AtomicFile.WriteAsync(path, new byte[100_000], UnixFileMode.UserRead, _token));

        Assert.True(DiskSpace.IsFull(failed));
        Assert.Equal(0, DiskSpace.FreeBytes(disk.Path));
        Assert.Equal("old", await File.ReadAllTextAsync(path, _token));
        Assert.Equal(2, Directory.EnumerateFileSystemEntries(disk.Path).Count());
        disk.MakeRoom();
        Assert.InRange(DiskSpace.FreeBytes(disk.Path), 900_000, 1_048_576);
    }

    [Fact]
    public void A_second_holder_of_the_pid_file_is_told_who_has_it()
    {
        var path = _folder["osismd.pid"];
        using var first = PidLock.Take(path);

        var refused = Assert.Throws<OsismException>(() => PidLock.Take(path));

        Assert.Equal(ErrorCodes.ManagerRunning, refused.Code);
        Assert.Contains($"Process {Environment.ProcessId} holds", refused.Message, StringComparison.Ordinal);
        Assert.Equal($"{Environment.ProcessId}\n", File.ReadAllText(path));
        first.Dispose();
        Assert.False(File.Exists(path));
        PidLock.Take(path).Dispose();
    }

    [Fact]
    public void A_pid_file_left_behind_does_not_block_even_when_its_pid_lives_on_as_somebody_else()
    {
        var path = _folder["osismd.pid"];
        File.WriteAllText(path, "1\n and more text than the new one");

        using var held = PidLock.Take(path);

        Assert.Equal($"{Environment.ProcessId}\n", File.ReadAllText(path));
    }

    [Fact]
    public async Task A_killed_holder_frees_the_lock_at_once()
    {
        var path = _folder["osismd.pid"];
        // The same lock, taken by another process through Python's fcntl module.
        const string Script = "import fcntl, struct, sys, time; f = open(sys.argv[1], 'w'); fcntl.fcntl(f, 37, struct.pack('hhqqi', 1, 0, 0, 0, 0)); f.write(str(__import__('os').getpid())); f.flush(); time.sleep(60)";
        using var holder = ProcessRunner.StartSession(new ProcessSpec("python3", ["-c", Script, path]), _folder["log"]);
        await Eventually.TrueAsync(() => File.Exists(path) && File.ReadAllText(path) == holder.Id.ToString(), "the other process holds the lock", _token);
        var refused = Assert.Throws<OsismException>(() => PidLock.Take(path));
        Assert.Contains($"Process {holder.Id} holds", refused.Message, StringComparison.Ordinal);

        Posix.Kill(holder.Id, Signal.Kill);
        Assert.Equal(128 + 9, await holder.Exited);

        PidLock.Take(path).Dispose();
    }

    [Fact]
    public async Task Of_many_who_want_a_lock_that_is_removed_each_time_one_has_it_at_a_time()
    {
        var inside = 0;
        var most = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var rounds = 0; rounds < 500;)
            {
                using var held = FileLock.TryTake(_folder["lock"]);
                if (held is not null)
                {
                    rounds++;
                    most = Math.Max(most, Interlocked.Increment(ref inside));
                    await Task.Yield();
                    Interlocked.Decrement(ref inside);
                }
            }
        }, _token)));

        Assert.Equal(1, most);
    }
}
