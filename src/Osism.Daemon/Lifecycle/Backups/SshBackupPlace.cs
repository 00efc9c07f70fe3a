using System.Globalization;
using System.Text;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;
using Osism.Protocols.Shell;

namespace Osism.Daemon.Lifecycle.Backups;

/// <summary>A folder on another machine. What is written goes there as it is made: nothing lies here meanwhile, and what arrives there is encrypted.</summary>
/// <remarks>Keys, known hosts and whatever else ssh wants are those of the caller's own ssh, or of the file that <c>backup.ssh_config</c> names. There it needs a POSIX shell with cat, find, mkdir, mv, rm, base64 and sync.</remarks>
internal sealed class SshBackupPlace : IBackupPlace
{
    public const string Scheme = "ssh://";

    private const string Prefix = "osism-";
    private const string Unfinished = ".unfinished-";

    /// <summary>ssh's own failures; everything else is the exit code of what ran there.</summary>
    private const int SshFailed = 255;

    private const int LongestWords = 400;

    private readonly IReadOnlyList<string> _target;
    private readonly string _folder;
    private readonly OsismHome _home;

    private SshBackupPlace(string name, IReadOnlyList<string> target, string folder, OsismHome home) => (Name, _target, _folder, _home) = (name, target, folder, home);

    public string Name { get; }

    /// <exception cref="OsismException"><see cref="ErrorCodes.RequestInvalid"/></exception>
    public static SshBackupPlace Parse(string name, string? config, OsismHome home)
    {
        if (!Uri.TryCreate(name, UriKind.Absolute, out var address) || address.Host.Length == 0 || address.UserInfo.Contains(':', StringComparison.Ordinal)
            || address.Host[0] == '-' || address.UserInfo.StartsWith('-') || address.AbsolutePath.Trim('/').Length == 0 || address.Query.Length + address.Fragment.Length > 0)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"'{name}' is no folder for backups: write ssh://USER@HOST/FOLDER, with :PORT behind the host where it is not 22; no password, ssh has keys for that");
        }

        List<string> target = config is null ? [] : ["-F", config];
        if (address.Port > 0)
        {
            target.AddRange(["-p", address.Port.ToString(CultureInfo.InvariantCulture)]);
        }

        if (address.UserInfo.Length > 0)
        {
            target.AddRange(["-l", Uri.UnescapeDataString(address.UserInfo)]);
        }

        var path = Uri.UnescapeDataString(address.AbsolutePath).TrimEnd('/');
        return new SshBackupPlace(name.TrimEnd('/'), [.. target, "--", address.Host], path.StartsWith("/~/", StringComparison.Ordinal) ? path[3..] : path, home);
    }

    public async Task<IReadOnlyList<(string Name, BackupManifest? Manifest)>> ListAsync(CancellationToken cancellationToken)
    {
        // A block each: the name, the manifest, a line that neither of the two can be.
        var script = $"""
            cd {Folder} 2>/dev/null || exit 0
            for backup in {Prefix}*/; do
                [ -d "$backup" ] || continue
                printf '%s\n' "$backup"
                [ ! -f "$backup"{BackupManifest.FileName} ] || base64 < "$backup"{BackupManifest.FileName}
                printf '\n--\n'
            done
            """;
        return [.. (await RunAsync(script, cancellationToken)).Split("\n--\n", StringSplitOptions.RemoveEmptyEntries).Select(Read).OrderBy(backup => backup.Name, StringComparer.Ordinal)];
    }

    public async Task<string> BeginAsync(string name, CancellationToken cancellationToken)
    {
        // Another manager may be writing another one there at this moment: only what is a day old is surely nobody's.
        var draft = Unfinished + name;
        await RunAsync(
            $"umask 077 && mkdir -p {Folder} && cd {Folder} && find . -maxdepth 1 -name '{Unfinished}*' -mmin +1440 -exec rm -rf {{}} + && rm -rf {draft} && mkdir {draft}", cancellationToken);
        return draft;
    }

    public async Task WriteAsync(string draft, string file, Func<Stream, Task> write, CancellationToken cancellationToken)
    {
        IOException? fault = null;
        var result = await ProcessRunner.PipeAsync(
            Ssh($"umask 077 && cd {Folder} && cat > {draft}/{file}"),
            async (stream, _) =>
            {
                try
                {
                    await using var buffered = new BufferedStream(stream, 1024 * 1024);
                    await write(buffered);
                    await buffered.FlushAsync(cancellationToken);
                }
                catch (IOException e)
                {
                    // Either the far end went, and its own words say more; or it is ours.
                    fault = e;
                    throw;
                }
            },
            read: null, cancellationToken);
        Require(result);
        if (fault is not null)
        {
            throw fault;
        }
    }

    public async Task<string> PublishAsync(string draft, CancellationToken cancellationToken)
    {
        var name = draft[Unfinished.Length..];
        await RunAsync($"cd {Folder} && sync && [ ! -e {name} ] && mv {draft} {name} && sync", cancellationToken);
        return $"{Name}/{name}";
    }

    public async Task DiscardAsync(string draft)
    {
        try
        {
            await RunAsync($"rm -rf {Folder}/{draft}", CancellationToken.None);
        }
        catch (OsismException)
        {
            // What cannot be reached cannot be tidied up; it has no name of a backup, and the next one of tomorrow removes it.
        }
    }

    public async Task<IReadOnlyList<string>> ExpireAsync(int keep, CancellationToken cancellationToken)
    {
        var old = BackupFolder.Beyond(keep, await ListAsync(cancellationToken));
        foreach (var name in old)
        {
            await RunAsync($"cd {Folder} && mv {name} {Unfinished}{name} && rm -rf {Unfinished}{name}", cancellationToken);
        }

        return old;
    }

    public async Task<BackupCopy> FetchAsync(string? name, CancellationToken cancellationToken)
    {
        var all = await ListAsync(cancellationToken);
        var wanted = name?.TrimEnd('/').Split('/')[^1] ?? (all.Count > 0 ? all[^1].Name : null);
        if (all.FirstOrDefault(backup => backup.Name == wanted) is not { Name: not null } found)
        {
            throw new OsismException(ErrorCodes.BackupMissing, wanted is null ? $"there is no backup in {Name}" : $"there is no backup {wanted} in {Name}; 'osism manager list --folder {Name}' shows them");
        }

        var copy = new BackupCopy(Path.Combine(_home.Root, "backup-copy"), $"{Name}/{found.Name}", IsTemporary: true);
        copy.Dispose();
        try
        {
            Directory.CreateDirectory(copy.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            foreach (var file in new[] { BackupManifest.FileName, BackupMaker.DatabaseFile, BackupMaker.FilesFile })
            {
                await using var target = new FileStream(Path.Combine(copy.Path, file), new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                });
                Require(await ProcessRunner.PipeAsync(Ssh($"cat {Folder}/{found.Name}/{file}"), write: null, (stream, token) => stream.CopyToAsync(target, token), cancellationToken));
            }

            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    private static (string Name, BackupManifest? Manifest) Read(string block)
    {
        var lines = block.Split('\n', 2);
        var name = lines[0].TrimEnd('/');
        try
        {
            return (name, BackupManifest.Read(Convert.FromBase64String(lines.Length > 1 ? lines[1] : "")));
        }
        catch (Exception e) when (e is FormatException or OsismException)
        {
            return (name, null);
        }
    }

    private string Folder => ShellWord.Quote(_folder);

    private async Task<string> RunAsync(string script, CancellationToken cancellationToken)
    {
        var result = await ProcessRunner.RunAsync(Ssh(script), cancellationToken);
        Require(result);
        return result.Output;
    }

    private ProcessSpec Ssh(string script) => new(
        "ssh", ["-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=6", .. _target, script]);

    /// <exception cref="OsismException"><see cref="ErrorCodes.BackupFailed"/></exception>
    private void Require(ProcessResult result)
    {
        if (result.ExitCode == 0)
        {
            return;
        }

        var words = result.Error.ReplaceLineEndings(" ").Trim();
        words = Encoding.UTF8.GetByteCount(words) > LongestWords ? words[^Math.Min(words.Length, LongestWords)..] : words;
        throw new OsismException(ErrorCodes.BackupFailed, result.ExitCode == SshFailed
            ? $"ssh does not reach {Name}: {words}. 'ssh {string.Join(' ', _target.Where(word => word != "--"))} true' must work without a question for the user of this call"
            : $"{Name}: {(words.Length > 0 ? words : $"exit code {result.ExitCode}")}");
    }
}
