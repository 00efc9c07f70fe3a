using System.Globalization;
using System.Text;
using Osism.Daemon.Ansible;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Remote;

/// <summary>What ssh and its friends read for one call: keys and a configuration, in a folder of memory that only the caller may look into. It is gone when this is disposed.</summary>
internal sealed class SshFolder : IDisposable
{
    private const string Memory = "/dev/shm";
    private const string Prefix = "osism-console-";

    private readonly string _folder;

    private SshFolder(string folder) => _folder = folder;

    public string Config => Path.Combine(_folder, "ssh_config");

    /// <summary>Null when the key lies elsewhere.</summary>
    public string? Key { get; private init; }

    /// <summary>Null when no vault password is set, or none was asked for.</summary>
    public string? VaultPassword { get; private init; }

    public static SshFolder Make(IReadOnlyList<RemoteHost> hosts, OperatorAccess access, OsismHome home, SshOptions ssh, ConsoleOptions options)
    {
        Sweep();
        var path = Path.Combine(Parent, $"{Prefix}{Environment.ProcessId}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var folder = new SshFolder(path)
        {
            Key = access.Key is null ? null : Path.Combine(path, "key"),
            VaultPassword = access.VaultPassword is null ? null : Path.Combine(path, "vault_password"),
        };
        try
        {
            if (folder.Key is { } key)
                Write(key, access.Key!);
            if (folder.VaultPassword is { } password)
                Write(password, Encoding.UTF8.GetBytes(access.VaultPassword + "\n"));
            Write(folder.Config, Encoding.UTF8.GetBytes(Text(hosts, folder.Key ?? access.KeyFile, home, ssh, options)));
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    private static string Parent => Directory.Exists(Memory) ? Memory : Path.GetTempPath();

    /// <summary>A configuration of ssh: of each setting the first value counts (ssh_config(5)).</summary>
    internal static string Text(IReadOnlyList<RemoteHost> hosts, string? keyFile, OsismHome home, SshOptions ssh, ConsoleOptions options)
    {
        var text = new StringBuilder();
        foreach (var host in hosts)
        {
            text.Append(CultureInfo.InvariantCulture, $"Host {host.Name}\n  HostName {host.Address.Replace("%", "%%", StringComparison.Ordinal)}\n  User {host.User}\n");
            if (host.Port is { } port)
                text.Append(CultureInfo.InvariantCulture, $"  Port {port}\n");
            if ((host.KeyFile ?? keyFile) is { } key)
                text.Append(CultureInfo.InvariantCulture, $"  IdentityFile {Quote(key)}\n  IdentitiesOnly yes\n");
        }

        // A connection that others share would hold our streams open after the command has ended.
        text.Append(CultureInfo.InvariantCulture, $"""
            Match all
              BatchMode yes
              ConnectTimeout {(long)ssh.ConnectTimeout.TotalSeconds}
              ControlMaster no
              ControlPath none
              LogLevel ERROR
              ServerAliveCountMax {ssh.AliveCount}
              ServerAliveInterval {(long)ssh.AliveInterval.TotalSeconds}
              StrictHostKeyChecking {options.HostKeys}
              UserKnownHostsFile {Quote(Path.Combine(home.Share, "known_hosts"))}

            """);
        // What the caller has set beside this, such as a host to go through, counts as usual.
        foreach (var file in (string[])[Path.Combine(UnixUser.Current.Home, ".ssh/config"), "/etc/ssh/ssh_config"])
        {
            if (File.Exists(file))
                text.Append(CultureInfo.InvariantCulture, $"  Include {Quote(file)}\n");
        }

        return text.ToString();
    }

    private static string Quote(string path) => $"\"{path.Replace("%", "%%", StringComparison.Ordinal)}\"";

    /// <summary>Takes away what a call left that was killed.</summary>
    private static void Sweep()
    {
        foreach (var left in Directory.EnumerateDirectories(Parent, $"{Prefix}*"))
        {
            try
            {
                // Everybody may make folders there; nobody may exchange one of ours.
                if (FileStatus.Of(left, followLink: false)?.User == Posix.EffectiveUser && int.TryParse(Path.GetFileName(left)[Prefix.Length..].Split('-')[0], CultureInfo.InvariantCulture, out var pid) && !Directory.Exists($"/proc/{pid}"))
                    Directory.Delete(left, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another user's, or another call was faster.
            }
        }
    }

    private static void Write(string path, byte[] content)
    {
        using var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        stream.Write(content);
    }
}

/// <summary>What lets us in.</summary>
/// <param name="Key">The operator's private key; null when it lies in <paramref name="KeyFile"/>, or there is none.</param>
/// <param name="KeyFile">Where the repository's ansible.cfg says it is.</param>
/// <param name="VaultPassword">For Ansible; null when there is none, or nobody asked.</param>
internal sealed record OperatorAccess(byte[]? Key, string? KeyFile, string? VaultPassword);
