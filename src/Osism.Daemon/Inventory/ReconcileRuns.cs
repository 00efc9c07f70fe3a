namespace Osism.Daemon.Inventory;

/// <summary>Looks at the sources that somebody asked for: they go on when who asked leaves.</summary>
internal sealed partial class ReconcileRuns(InventorySnapshots snapshots, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ReconcileRuns> log)
{
    /// <summary>Asks for a look and waits for what it gives.</summary>
    /// <param name="wait">How long at most; null = until it ends, 0 = not at all.</param>
    /// <returns>Null when it takes longer. It goes on, as part of the one look there ever is.</returns>
    public async Task<InventoryState?> RunAsync(string cause, TimeSpan? wait, CancellationToken cancellationToken)
    {
        // Not the caller's token: other callers share this look, and it does not end with the one who came first.
        var run = Task.Run(() => snapshots.LookAsync(cause, lifetime.ApplicationStopping), CancellationToken.None);
        try
        {
            return await run.WaitAsync(wait ?? Timeout.InfiniteTimeSpan, time, cancellationToken);
        }
        catch (TimeoutException) when (!run.IsFaulted)
        {
            _ = TellAsync(run);
            return null;
        }
        catch (OperationCanceledException) when (!run.IsCompleted)
        {
            _ = TellAsync(run);
            throw;
        }
    }

    /// <summary>Nobody waits for it any more, so the log is told when it fails.</summary>
    private async Task TellAsync(Task run)
    {
        try
        {
            await run;
        }
        catch (Exception e) when (!lifetime.ApplicationStopping.IsCancellationRequested)
        {
            LogFailed(e.Message);
        }
        catch (OperationCanceledException)
        {
            // The process stops; the next start looks.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A look at the sources of the inventory failed after who asked for it had left: {Reason}")]
    private partial void LogFailed(string reason);
}
