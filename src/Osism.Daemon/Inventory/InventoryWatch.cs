using System.Threading.Channels;
using Osism.Daemon.Configuration;

namespace Osism.Daemon.Inventory;

/// <summary>The watchdog: looks at the sources as soon as the kernel tells that a file of the repository changed, once for a burst, and at the start.</summary>
/// <remarks>The role <c>reconciler</c> looks without being told, at the start and from time to time: events may be lost (inotify(7)), and a change of NetBox or of a
/// runtime makes none. Both come to the same look, which is single-flight and costs nothing when nothing changed.</remarks>
internal sealed partial class InventoryWatch(
    ConfigurationRepository repository, InventorySnapshots snapshots, InventoryWatchRoles roles, TimeProvider time, ILogger<InventoryWatch> log) : BackgroundService
{
    /// <summary>A burst of changes, such as a checkout, is over when it is quiet for so long.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(150);

    /// <summary>But nobody waits longer than that.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!repository.IsHere)
            return;
        try
        {
            using var watcher = roles.Watches ? Watch() : null;
            await LookAsync("start", stoppingToken);
            while (true)
            {
                var isTold = await WaitAsync(stoppingToken);
                await LookAsync(isTold ? "watch" : "schedule", stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // An orderly stop.
        }
    }

    private FileSystemWatcher? Watch()
    {
        if (!Directory.Exists(repository.Inventory))
            return null;
        try
        {
            var watcher = new FileSystemWatcher(repository.Inventory) { IncludeSubdirectories = true, InternalBufferSize = 64 * 1024 };
            watcher.Changed += Note;
            watcher.Created += Note;
            watcher.Deleted += Note;
            watcher.Renamed += Note;
            // Too many events at once: something changed.
            watcher.Error += (_, _) => _changes.Writer.TryWrite(true);
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.Blind(log, repository.Inventory, e.Message);
            return null;
        }

        void Note(object sender, FileSystemEventArgs change) => _changes.Writer.TryWrite(true);
    }

    /// <returns>Whether something changed, and not only the time is over.</returns>
    private async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        using (var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            if (roles.Every is { } every)
                timer.CancelAfter(every);
            try
            {
                await _changes.Reader.ReadAsync(timer.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return false;
            }
        }

        var since = time.GetTimestamp();
        do
        {
            await Task.Delay(Quiet, time, cancellationToken);
        }
        while (_changes.Reader.TryRead(out _) && time.GetElapsedTime(since) < Longest);
        return true;
    }

    private async Task LookAsync(string cause, CancellationToken cancellationToken)
    {
        try
        {
            await snapshots.LookAsync(cause, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // The database is away, say: the next run or event looks again, and so do we.
            Log.Failed(log, e.Message);
            await Task.Delay(Retry, time, cancellationToken);
            _changes.Writer.TryWrite(true);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Changes of {Folder} are not seen at once: {Reason}")]
        public static partial void Blind(ILogger logger, string folder, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The inventory could not be looked at: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);
    }
}

/// <summary>What this process does by itself.</summary>
/// <param name="Watches">The role <c>watchdog</c>.</param>
/// <param name="Every">The role <c>reconciler</c>: time between two looks; null = never.</param>
internal sealed record InventoryWatchRoles(bool Watches, TimeSpan? Every);
