using Osism.Testing;

namespace Osism.SystemTests.Lab;

/// <summary>What an ended job must not leave behind.</summary>
internal static class Leftovers
{
    private static readonly TimeSpan Within = Bounds.Long;
    private const int Attempts = 5;

    /// <summary>Waits until no process, no spool folder and no control folder of the job is left.</summary>
    public static async Task GoneAsync(Daemon daemon, Guid job, CancellationToken cancellationToken)
    {
        await ProcessesGoneAsync(job, cancellationToken);
        await Eventually.TrueAsync(
            $"nothing of {job} is left in the spool",
            () => Directory.GetDirectories(Path.Combine(daemon.Home, "spool"), $"{job}.*").All(IsFence), Within, cancellationToken);
        await Eventually.TrueAsync(
            $"no control folder of {job} is left",
            () => Enumerable.Range(1, Attempts).All(attempt => !Directory.Exists(AttemptProcesses.ControlFolder(job, attempt))), Within, cancellationToken);
    }

    /// <summary>Waits until no process of the job lives.</summary>
    public static async Task ProcessesGoneAsync(Guid job, CancellationToken cancellationToken)
    {
        try
        {
            await Eventually.TrueAsync($"no process of {job} lives", () => AttemptProcesses.Of(job).Count == 0, Within, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{string.Join('\n', AttemptProcesses.Described(job))}", e);
        }
    }

    // The fence of an attempt that never began stays for a day.
    private static bool IsFence(string folder) => new FileInfo(Path.Combine(folder, "started")) is { Exists: true, Length: 0 };
}
