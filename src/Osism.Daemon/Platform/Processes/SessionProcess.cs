using System.Diagnostics;

namespace Osism.Daemon.Platform.Processes;

/// <summary>A program that <see cref="ProcessRunner.StartSession"/> started. Disposing forgets it; it goes on.</summary>
internal sealed class SessionProcess : IDisposable
{
    private readonly Process _process;

    public SessionProcess(Process process)
    {
        _process = process;
        Id = process.Id;
        Exited = WaitAsync();
    }

    /// <summary>Pid, and the id of its session and group.</summary>
    public int Id { get; }

    /// <summary>Ends when the program ends, with its exit code.</summary>
    public Task<int> Exited { get; }

    public void Dispose() => _process.Dispose();

    private async Task<int> WaitAsync()
    {
        // No token: the wait belongs to the program, not to whoever started it.
        await _process.WaitForExitAsync(CancellationToken.None);
        return _process.ExitCode;
    }
}
