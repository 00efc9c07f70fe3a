using System.Diagnostics;
using System.Text;

namespace Osism.Testing;

/// <summary>A program that runs while the test does something else.</summary>
public sealed class RunningCommand : IDisposable
{
    private readonly Process _process;
    private readonly MemoryStream _stdout = new();
    private readonly MemoryStream _stderr = new();
    private readonly Task _read;
    private readonly Lock _gate = new();

    internal RunningCommand(Process process, byte[] input, bool interactive)
    {
        _process = process;
        Id = process.Id;
        _read = Task.WhenAll(
            WriteAsync(process, input, interactive),
            CopyAsync(process.StandardOutput.BaseStream, _stdout),
            CopyAsync(process.StandardError.BaseStream, _stderr));
    }

    public int Id { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>What came on stdout until now.</summary>
    public byte[] Stdout => Bytes(_stdout);

    /// <summary>What came on stderr until now.</summary>
    public string Errors => Encoding.UTF8.GetString(Bytes(_stderr));

    /// <summary>The first lines on stderr, which a client writes only after the manager has begun to act on what it asked for.</summary>
    /// <exception cref="TimeoutException">There were not so many in time.</exception>
    public async Task<IReadOnlyList<string>> ErrorLinesAsync(int count, CancellationToken cancellationToken)
    {
        await Eventually.TrueAsync($"{_process.StartInfo.FileName} has written {count} lines on stderr", () => Errors.Count(letter => letter == '\n') >= count, Bounds.Long, cancellationToken);
        return Errors.Split('\n')[..count];
    }

    /// <summary>Sends a signal by its name without SIG, such as <c>INT</c>.</summary>
    public Task SignalAsync(string signal, CancellationToken cancellationToken) => Signals.SendAsync(Id, signal, cancellationToken);

    /// <summary>Writes to its stdin, which <see cref="Command.Interactive"/> left open.</summary>
    public async Task TypeAsync(string text, CancellationToken cancellationToken)
    {
        await _process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
        await _process.StandardInput.BaseStream.FlushAsync(cancellationToken);
    }

    /// <exception cref="TimeoutException">It did not end in time; it was killed, and the message holds what it wrote.</exception>
    public async Task<CommandResult> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            await _read.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            Kill();
            var line = $"{_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)}";
            throw new TimeoutException(
                $"{line} did not end within {timeout.TotalSeconds:0} s. It wrote:\n{Encoding.UTF8.GetString(Stdout)}{Errors}", e);
        }

        return new CommandResult(_process.ExitCode, Stdout, Errors);
    }

    public void Kill() => _process.Kill(entireProcessTree: true);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    private static async Task WriteAsync(Process process, byte[] input, bool interactive)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input);
            if (!interactive)
            {
                process.StandardInput.Close();
            }
        }
        catch (IOException)
        {
            // It ended without reading all of its input.
        }
    }

    private async Task CopyAsync(Stream from, MemoryStream to)
    {
        var buffer = new byte[64 * 1024];
        int count;
        while ((count = await from.ReadAsync(buffer)) > 0)
        {
            lock (_gate)
            {
                to.Write(buffer, 0, count);
            }
        }
    }

    private byte[] Bytes(MemoryStream stream)
    {
        lock (_gate)
        {
            return stream.ToArray();
        }
    }
}
