using System.Text;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Remote;

/// <summary>A command on several hosts at once; each line that comes says from which.</summary>
internal static class ManyHosts
{
    /// <summary>Of a command that ends by itself so many run at a time.</summary>
    public const int AtOnce = 32;

    // A line without an end is passed on in pieces.
    private const int LongestLine = 64 * 1024;

    /// <exception cref="OsismException"><c>request.invalid</c>: they are more than may be meant by mistake.</exception>
    public static void RequireFew(IReadOnlyList<RemoteHost> hosts, string pattern, int most)
    {
        if (hosts.Count > most)
        {
            throw new OsismException(
                ErrorCodes.RequestInvalid, $"'{pattern}' means {hosts.Count} hosts, and {most} are the most without saying so: narrow it with --limit, or say --max-hosts {hosts.Count}");
        }
    }

    /// <summary>Runs it on all of them.</summary>
    /// <param name="commands">What is started for each.</param>
    /// <param name="goesOn">Whether it does not end by itself: then none waits for another.</param>
    /// <param name="output">Lines of stdout.</param>
    /// <param name="error">Lines of stderr.</param>
    /// <returns>The worst exit code.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; all of them have ended.</exception>
    public static async Task<int> RunAsync(
        IReadOnlyList<(RemoteHost Host, ProcessSpec Command)> commands, bool goesOn, Stream output, Stream error, CancellationToken cancellationToken)
    {
        using var places = new SemaphoreSlim(goesOn ? commands.Count : AtOnce);
        using var writing = new SemaphoreSlim(1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Exception? failure = null;
        var width = commands.Max(command => command.Host.Name.Length);
        var running = commands.Select(RunAsync).ToList();
        await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return failure switch
        {
            null => (await Task.WhenAll(running)).Max(),
            // As with '... | head': the reader has what it wanted.
            ReaderGoneException => ExitCode.Success,
            _ => throw failure,
        };

        async Task<int> RunAsync((RemoteHost Host, ProcessSpec Command) one)
        {
            try
            {
                await places.WaitAsync(stop.Token);
                var mark = Encoding.UTF8.GetBytes($"{one.Host.Name.PadRight(width)} | ");
                var result = await ProcessRunner.PipeAsync(
                    one.Command, null, (from, token) => PassAsync(from, mark, output, writing, token), (from, token) => PassAsync(from, mark, error, writing, token), stop.Token);
                places.Release();
                return result.ExitCode;
            }
            catch (Exception e)
            {
                // Nobody waits for the others then.
                Interlocked.CompareExchange(ref failure, e, null);
                await stop.CancelAsync();
                throw;
            }
        }
    }

    private static async Task PassAsync(Stream from, byte[] mark, Stream to, SemaphoreSlim writing, CancellationToken cancellationToken)
    {
        var held = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int got;
        while ((got = await from.ReadAsync(buffer, cancellationToken)) > 0)
        {
            var rest = buffer.AsMemory(0, got);
            for (var end = rest.Span.IndexOf((byte)'\n'); end >= 0; end = rest.Span.IndexOf((byte)'\n'))
            {
                held.Write(rest.Span[..end]);
                await WriteAsync();
                rest = rest[(end + 1)..];
            }

            held.Write(rest.Span);
            if (held.Length >= LongestLine)
                await WriteAsync();
        }

        if (held.Length > 0)
            await WriteAsync();

        async Task WriteAsync()
        {
            byte[] line = [.. mark, .. held.ToArray(), (byte)'\n'];
            held.SetLength(0);
            await writing.WaitAsync(cancellationToken);
            try
            {
                await to.WriteAsync(line, cancellationToken);
                await to.FlushAsync(cancellationToken);
            }
            catch (IOException e)
            {
                throw new ReaderGoneException(e);
            }
            finally
            {
                writing.Release();
            }
        }
    }

    /// <summary>What comes cannot be passed on.</summary>
    private sealed class ReaderGoneException(IOException inner) : Exception(inner.Message, inner);
}
