using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Hosting;

/// <summary>Gives memory back to the machine when the manager has come to rest.</summary>
/// <remarks>
/// Neither the garbage collector nor malloc does so by itself while nothing is asked of them: what the start, a burst of jobs or the
/// compiler of hot methods took would stay for days (measured: 15 MB in the malloc arena of that compiler, 8 MB of dead objects).
/// </remarks>
internal sealed class IdleMemory(TimeProvider time) : BackgroundService
{
    private const long Quiet = 2L << 20;
    private const long Worthwhile = 8L << 20;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    private long _seen;
    private long _returned;

    /// <summary>Whether it is time: since the last look little was allocated, since memory was last given back a lot.</summary>
    /// <param name="allocated">All that this process ever allocated, bytes.</param>
    public bool IsDue(long allocated)
    {
        var isQuiet = allocated - _seen < Quiet;
        _seen = allocated;
        if (!isQuiet || allocated - _returned < Worthwhile)
        {
            return false;
        }

        _returned = allocated;
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (IsDue(GC.GetTotalAllocatedBytes()))
                {
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                    Posix.ReturnMemory();
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // An orderly stop.
        }
    }
}
