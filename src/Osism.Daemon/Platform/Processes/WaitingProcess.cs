using System.Diagnostics;

namespace Osism.Daemon.Platform.Processes;

/// <summary>A program that was started before it is needed and reads from stdin what it is to do. It must end when stdin does: so it never outlives us.</summary>
internal sealed class WaitingProcess(Process process, ProcessSpec spec) : IDisposable
{
    public int Pid => process.Id;

    /// <summary>Whether it still waits. It may end the moment after.</summary>
    public bool IsAlive => !process.HasExited;

    /// <summary>Tells it what to do and waits for its end. Once.</summary>
    /// <inheritdoc cref="ProcessRunner.RunAsync" path="/exception"/>
    public Task<ProcessResult> TellAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken) =>
        ProcessRunner.FinishAsync(process, spec, input, cancellationToken);

    /// <summary>Lets it go.</summary>
    public void Dispose()
    {
        // Not through the writer, which would complain where the stream is closed already.
        process.StandardInput.BaseStream.Dispose();
        process.Dispose();
    }
}
