using System.ComponentModel;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Jobs.Spool;

/// <summary>Takes away what an ended attempt leaves: SSH masters, their sockets, the cgroup and the spool folder.</summary>
internal sealed partial class SpoolCleaner(ILogger<SpoolCleaner> log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RemovalPatience = TimeSpan.FromSeconds(30);

    public async Task RemoveAsync(SpoolFolder folder, AttemptRecord? record, Cgroup cgroup, CancellationToken cancellationToken)
    {
        try
        {
            await DisconnectAsync(record, cgroup, cancellationToken);
            folder.Delete();
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody else of this home was at it too.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Win32Exception)
        {
            // The job has ended and is stored; the next start of the manager sweeps what is left.
            Log.NotRemoved(log, folder.Path, e.Message);
        }
    }

    /// <summary>The same for an attempt whose output could not be stored: that stays for a while, without what else was secret.</summary>
    public async Task KeepOutputAsync(SpoolFolder folder, AttemptRecord? record, Cgroup cgroup, CancellationToken cancellationToken)
    {
        try
        {
            await DisconnectAsync(record, cgroup, cancellationToken);
            await File.WriteAllTextAsync(folder.WithheldMark, "", cancellationToken);
            if (Directory.Exists(folder.SecretsFolder))
            {
                Directory.Delete(folder.SecretsFolder, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Win32Exception)
        {
            Log.NotRemoved(log, folder.Path, e.Message);
        }
    }

    private static async Task DisconnectAsync(AttemptRecord? record, Cgroup cgroup, CancellationToken cancellationToken)
    {
        if (record?.SshControlFolder is { } sockets && Directory.Exists(sockets))
        {
            await EndMastersAsync(sockets, cancellationToken);
            Directory.Delete(sockets, recursive: true);
        }

        if (record?.Removal is { } removal)
        {
            await RemoveContainerAsync(removal, cancellationToken);
        }

        cgroup.Remove();
    }

    /// <summary>The engine does so by itself when a run ends; not when all of it was killed.</summary>
    private static async Task RemoveContainerAsync(IReadOnlyList<string> removal, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(RemovalPatience);
        try
        {
            await ProcessRunner.RunAsync(new ProcessSpec(removal[0], [.. removal.Skip(1)]), limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // An engine that hangs: its container is dead all the same.
        }
        catch (FileNotFoundException)
        {
            // Uninstalled meanwhile, and its containers with it.
        }
    }

    /// <summary>Takes away all but the fence of an attempt that never began. Nothing of it ever connected, so there is no master to end.</summary>
    public static void Strip(SpoolFolder folder)
    {
        if (folder.ReadRecord() is { } record)
        {
            if (record.SshControlFolder is { } sockets && Directory.Exists(sockets))
            {
                Directory.Delete(sockets, recursive: true);
            }

            (record.Cgroup is { } group ? Cgroup.Open(group) : Cgroup.None).Remove();
        }

        folder.Strip();
    }

    /// <summary>A master outlives its play by ControlPersist; nobody can reach it any more once its socket is gone.</summary>
    private static async Task EndMastersAsync(string sockets, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        await Task.WhenAll(Directory.EnumerateFiles(sockets).Select(async socket =>
        {
            try
            {
                await ProcessRunner.RunAsync(new ProcessSpec("/usr/bin/ssh", ["-O", "exit", "-o", $"ControlPath={socket}", "none"]), limit.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // A master that hangs with its node: it ends with its ControlPersist.
            }
        }));
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "{Folder} could not be removed: {Reason}")]
        public static partial void NotRemoved(ILogger logger, string folder, string reason);
    }
}
