using System.Diagnostics;

namespace Osism.Testing;

/// <summary>A further process of a <see cref="Daemon"/>'s home.</summary>
public sealed class RoleProcess : IDisposable
{
    private readonly Process _process;

    internal RoleProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Waits until it holds its place in a home (its pid file): it has read its settings, and will stop in an orderly way from now on.</summary>
    /// <exception cref="TimeoutException">It does not.</exception>
    /// <exception cref="InvalidOperationException">It ended.</exception>
    public Task HoldsPlaceAsync(string home, CancellationToken cancellationToken) => Eventually.TrueAsync(
        $"process {Id} holds its place",
        () => HasExited
            ? throw new InvalidOperationException($"process {Id} ended with {_process.ExitCode}")
            : Directory.EnumerateFiles(home, "osismd*.pid").Any(IsOurs),
        Bounds.Long, cancellationToken);

    /// <summary>SIGKILL; its runs go on.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
    }

    /// <summary>An orderly stop (SIGTERM). Returns the exit code.</summary>
    /// <exception cref="TimeoutException">It did not end within <see cref="Bounds.Usual"/>.</exception>
    public async Task<int> StopAsync(CancellationToken cancellationToken)
    {
        await Signals.SendAsync(Id, "TERM", cancellationToken);
        await Eventually.TrueAsync("the process ends after SIGTERM", () => HasExited, Bounds.Usual, cancellationToken);
        return _process.ExitCode;
    }

    private bool IsOurs(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim() == $"{Id}";
        }
        catch (IOException)
        {
            // Its owner ended just now.
            return false;
        }
    }

    public void Dispose() => _process.Dispose();
}
