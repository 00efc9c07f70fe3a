using System.Diagnostics;

namespace Osism.Testing;

/// <summary>A further process of a <see cref="Daemon"/>'s home.</summary>
public sealed class RoleProcess : IDisposable
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(30);
    private readonly Process _process;

    internal RoleProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>SIGKILL; its runs go on.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
    }

    /// <summary>An orderly stop (SIGTERM). Returns the exit code.</summary>
    /// <exception cref="TimeoutException">It did not end within 30 s.</exception>
    public async Task<int> StopAsync(CancellationToken cancellationToken)
    {
        await Signals.SendAsync(Id, "TERM", cancellationToken);
        await Eventually.TrueAsync("the process ends after SIGTERM", () => HasExited, Within, cancellationToken);
        return _process.ExitCode;
    }

    public void Dispose() => _process.Dispose();
}
