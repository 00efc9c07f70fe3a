using System.Globalization;
using Npgsql;
using Osism.Daemon.Ansible;
using Osism.Daemon.Configuration.Vault;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Secrets;

namespace Osism.Daemon.Hosting;

/// <summary>Seals the pod's secrets for members that came later, and what lies in files of this manager for workers on other machines.</summary>
/// <remarks>Every manager does this for what it can open: doing it twice is harmless, and a singleton might be played by one that cannot.</remarks>
internal sealed partial class SecretSharing(
    SecretStore secrets, Members members, VaultPasswords passwords, RepositoryFiles repository, OsismHome home, TimeProvider time, ILogger<SecretSharing> log)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private FileStamp? _password;
    private FileStamp? _key;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await ShareAsync(stoppingToken);
            }
            catch (NpgsqlException)
            {
                // The database is away; its absence is said elsewhere.
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotShared(e.Message);
            }
        }
    }

    private async Task ShareAsync(CancellationToken cancellationToken)
    {
        if (await secrets.ShareAsync(cancellationToken) is var written and > 0)
        {
            LogShared(written);
        }

        // Nobody else would read what follows.
        if ((await members.ListAsync(cancellationToken)).Count > 1)
        {
            _password = await ShareFileAsync(
                Path.Combine(repository.Root, VaultPasswords.FileName), _password, VaultPasswords.SharedName,
                async () => await passwords.FindInRepositoryAsync(cancellationToken) is { } password ? System.Text.Encoding.UTF8.GetBytes(password.Value) : null,
                cancellationToken);
            _key = await ShareFileAsync(
                Path.Combine(home.Secrets, OperatorKey.FileName), _key, OperatorKey.SharedName, () => Task.FromResult(OperatorKey.Read(home)), cancellationToken);
        }
    }

    /// <summary>Puts what a file gives into the database when the file is another than last time, and takes it out when the file has gone.</summary>
    private async Task<FileStamp?> ShareFileAsync(
        string path, FileStamp? last, string name, Func<Task<byte[]?>> read, CancellationToken cancellationToken)
    {
        var stamp = FileStamp.Of(path);
        if (stamp == last)
        {
            return last;
        }

        if (stamp is not null && await read() is { } content)
        {
            if (last is null && await OtherAsync(name, content, cancellationToken) is { } other)
            {
                // Two managers that overwrite each other would give workers now this one, now that: who changes his file later decides.
                LogDiffers(path, other);
                return stamp;
            }

            await secrets.PutAsync(name, content, DaemonInstance.Current.Name, cancellationToken);
        }
        else
        {
            await secrets.RemoveAsync(name, cancellationToken);
        }

        return stamp;
    }

    /// <summary>Who has shared something else under this name from another machine; null when nobody has.</summary>
    private async Task<string?> OtherAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        if (await secrets.FindAuthorAsync(name, cancellationToken) is not var (by, at)
            || HostOf(by) == HostOf(DaemonInstance.Current.Name)
            || (await secrets.FindAsync(name, cancellationToken))?.AsSpan().SequenceEqual(content) != false)
        {
            return null;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{HostOf(by)} at {at.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
    }

    private static string HostOf(string instance) => instance.Split('/')[0];

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} differs from what was shared by {Other}, which workers on other machines go on with: put the same file here, or change this one to share it instead")]
    private partial void LogDiffers(string file, string other);

    [LoggerMessage(Level = LogLevel.Information, Message = "Sealed {Count} secrets for members that lacked them")]
    private partial void LogShared(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Secrets could not be sealed for other members: {Reason}")]
    private partial void LogNotShared(string reason);
}
