using System.Runtime.InteropServices;

namespace Osism.Daemon.Hosting;

/// <summary>SIGTERM and SIGINT from the first line of <c>osismd</c> to its last: whoever stops it, at whatever moment and however often, gets an orderly end.</summary>
/// <remarks>
/// The web host knows them only while it runs. Before that a start may wait for the database; after it the database is stopped, and a second signal
/// that found nobody would end the process in the middle of that. Therefore nothing here is given back: it belongs to the process.
/// </remarks>
#pragma warning disable CA1001 // There is nobody left to dispose of it: it lives as long as the process.
internal sealed class StopSignals
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _starting = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private IHostApplicationLifetime? _lifetime;

    /// <summary>Cancelled by a signal that came before the host ran.</summary>
    public CancellationToken Starting => _starting.Token;

    public static StopSignals Take()
    {
        var signals = new StopSignals();
        signals._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, signals.Stop));
        signals._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, signals.Stop));
        return signals;
    }

    /// <summary>From the moment this one has started it is the host that stops.</summary>
    public void LeaveTo(IHostApplicationLifetime lifetime) => _lifetime = lifetime;

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_lifetime is not { ApplicationStarted.IsCancellationRequested: true })
        {
            _starting.Cancel();
        }
    }
}
