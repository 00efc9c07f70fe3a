using System.Diagnostics;

namespace Osism.Testing;

/// <summary>A further process of a <see cref="Daemon"/>'s home.</summary>
public sealed class RoleProcess : IDisposable
{
    private readonly Process _process;

    internal RoleProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Whether its pid stands in a pid file of a home: it has read its settings and taken its place.</summary>
    /// <exception cref="InvalidOperationException">It ended.</exception>
    public bool HoldsPlace(string home) => HasExited
        ? throw new InvalidOperationException($"process {Id} ended with {_process.ExitCode}")
        : Directory.EnumerateFiles(home, "osismd*.pid").Any(IsOurs);

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

    public void Dispose() => _process.Dispose();

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
}
