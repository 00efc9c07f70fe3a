using System.Runtime.InteropServices;

namespace Osism.Daemon.Hosting;

/// <summary>SIGTERM and SIGINT before the web host takes them over: a start that waits for the database can be stopped too.</summary>
internal static class StopSignals
{
    public static IDisposable Register(CancellationTokenSource starting, IHostApplicationLifetime lifetime)
    {
        void Stop(PosixSignalContext context)
        {
            if (lifetime.ApplicationStarted.IsCancellationRequested)
            {
                return;
            }

            context.Cancel = true;
            starting.Cancel();
        }

        return new Both(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop), PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop));
    }

    private sealed class Both(IDisposable first, IDisposable second) : IDisposable
    {
        public void Dispose()
        {
            first.Dispose();
            second.Dispose();
        }
    }
}
