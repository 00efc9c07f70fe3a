using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Osism.Daemon.Platform.Processes;

/// <summary>The one place where the manager starts programs.</summary>
/// <remarks>
/// Every program gets a session of its own through <c>setsid</c> (which becomes the program, with the same pid), unless it makes one itself:
/// a Ctrl-C in the terminal of a daemon in the foreground does not reach it, and a signal to its group reaches its children.
/// </remarks>
internal static class ProcessRunner
{
    private const string Setsid = "/usr/bin/setsid";

    // A constant: what is started reaches the shell only as "$@", which it neither splits nor expands. The shell becomes the program.
    // PWD is the shell's own addition to the environment.
    private const string Redirect = "unset PWD; exec \"$@\" </dev/null >>\"$0\" 2>&1";

    /// <summary>Children which outlive the program may hold its pipes open for ever (ssh's ControlPersist does): what the program wrote is in the pipe when it ends.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan KillTime = TimeSpan.FromSeconds(10);

    /// <summary>Runs a program to its end and collects what it writes.</summary>
    /// <exception cref="FileNotFoundException">There is no such program.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started, for instance because the working directory is missing.</exception>
    /// <exception cref="OperationCanceledException">Cancelled. The program and the processes of its session are gone then.</exception>
    public static async Task<ProcessResult> RunAsync(ProcessSpec spec, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = Start([Resolve(spec), .. spec.Arguments], spec);
        return await FinishAsync(process, spec, spec.Input ?? default, cancellationToken);
    }

    /// <summary>Runs a program whose stdin or stdout is too much for memory.</summary>
    /// <param name="spec">The program; <see cref="ProcessSpec.Input"/> is not used.</param>
    /// <param name="write">Writes its stdin; null for an empty one. A program that ends before it has read all is no fault of the writer: its exit code tells.</param>
    /// <param name="read">Reads its stdout to the end; null collects it.</param>
    /// <param name="cancellationToken">Ends the program.</param>
    /// <returns>stdout is empty when <paramref name="read"/> had it.</returns>
    /// <exception cref="FileNotFoundException">There is no such program.</exception>
    /// <exception cref="Exception">Whatever <paramref name="write"/> or <paramref name="read"/> threw. The program is gone then.</exception>
    public static Task<ProcessResult> PipeAsync(
        ProcessSpec spec, Func<Stream, CancellationToken, Task>? write, Func<Stream, CancellationToken, Task>? read, CancellationToken cancellationToken) =>
        PipeAsync(spec, write, read, readError: null, cancellationToken);

    /// <param name="spec">The program; <see cref="ProcessSpec.Input"/> is not used.</param>
    /// <param name="write">Writes its stdin; null for an empty one.</param>
    /// <param name="read">Reads its stdout to the end; null collects it.</param>
    /// <param name="readError">Reads its stderr to the end while it comes; null collects it.</param>
    /// <param name="cancellationToken">Ends the program.</param>
    /// <inheritdoc cref="PipeAsync(ProcessSpec, Func{Stream, CancellationToken, Task}, Func{Stream, CancellationToken, Task}, CancellationToken)"/>
    public static async Task<ProcessResult> PipeAsync(
        ProcessSpec spec, Func<Stream, CancellationToken, Task>? write, Func<Stream, CancellationToken, Task>? read, Func<Stream, CancellationToken, Task>? readError,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = Start([Resolve(spec), .. spec.Arguments], spec);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var error = readError is null ? ReadAsync(process.StandardError.BaseStream, spec.OutputLimit, CancellationToken.None) : PassAsync(readError);
        var collected = ReadOnlyMemory<byte>.Empty;
        var input = FeedAsync(process, write, stop.Token);
        var output = read is null ? CollectAsync() : read(process.StandardOutput.BaseStream, stop.Token);
        try
        {
            // A half that fails must not leave the other waiting for a program that waits for the first.
            await foreach (var done in Task.WhenEach(input, output))
            {
                await done;
            }

            await process.WaitForExitAsync(stop.Token);
        }
        catch
        {
            await stop.CancelAsync();
            await EndAsync(process, spec.Grace);
            await Task.WhenAll(input, output, error).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return new ProcessResult(process.ExitCode, collected, await error);

        async Task CollectAsync() => collected = await ReadAsync(process.StandardOutput.BaseStream, spec.OutputLimit, stop.Token);

        async Task<ReadOnlyMemory<byte>> PassAsync(Func<Stream, CancellationToken, Task> reader)
        {
            await reader(process.StandardError.BaseStream, stop.Token);
            return default;
        }
    }

    /// <summary>Runs a program on our own stdin, stdout and stderr, in our own session: what is at a terminal stays at it.</summary>
    /// <remarks>What is typed there to interrupt reaches the program by itself; we go on waiting for its end. SIGTERM and SIGHUP that are sent to us are passed on.</remarks>
    /// <param name="spec">The program; <see cref="ProcessSpec.Input"/> and <see cref="ProcessSpec.OwnSession"/> are not used.</param>
    /// <param name="cancellationToken">Sends it SIGTERM; its end is waited for.</param>
    /// <returns>Its exit code as the shell counts.</returns>
    /// <exception cref="FileNotFoundException">There is no such program.</exception>
    public static async Task<int> AttachAsync(ProcessSpec spec, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var info = new ProcessStartInfo(Resolve(spec), spec.Arguments) { UseShellExecute = false, WorkingDirectory = spec.WorkingDirectory ?? "" };
        SetEnvironment(info, spec);
        Process? started = null;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stay);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Stay);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Pass(context, Signal.Terminate));
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Pass(context, Signal.HangUp));
        using var process = Process.Start(info) ?? throw new InvalidOperationException($"{spec.File} gave no process.");
        Volatile.Write(ref started, process);
        await using var cancelled = cancellationToken.Register(() => Posix.Kill(process.Id, Signal.Terminate));
        // Its exit code must not be lost: it is told to end, and ends.
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;

        static void Stay(PosixSignalContext context) => context.Cancel = true;

        void Pass(PosixSignalContext context, Signal signal)
        {
            context.Cancel = true;
            if (Volatile.Read(ref started) is { } child)
            {
                Posix.Kill(child.Id, signal);
            }
        }
    }

    /// <summary>Starts a program ahead of time that waits for what it is told on stdin.</summary>
    /// <param name="spec">The program; <see cref="ProcessSpec.Input"/> is not used.</param>
    /// <exception cref="FileNotFoundException">There is no such program.</exception>
    public static WaitingProcess StartWaiting(ProcessSpec spec) => new(Start([Resolve(spec), .. spec.Arguments], spec), spec);

    /// <summary>Feeds a started program, waits for its end and collects what it writes.</summary>
    /// <exception cref="OperationCanceledException">Cancelled. The program and the processes of its session are gone then.</exception>
    internal static async Task<ProcessResult> FinishAsync(Process process, ProcessSpec spec, ReadOnlyMemory<byte> told, CancellationToken cancellationToken)
    {
        using var drained = new CancellationTokenSource();
        var output = ReadAsync(process.StandardOutput.BaseStream, spec.OutputLimit, drained.Token);
        var error = ReadAsync(process.StandardError.BaseStream, spec.OutputLimit, drained.Token);
        var input = WriteAsync(process.StandardInput.BaseStream, told, drained.Token);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(process, spec.Grace);
            await drained.CancelAsync();
            await Task.WhenAll(output, error, input);
            throw;
        }

        // Not cancelled from here on: the program has ended, and its exit code must not be lost.
        drained.CancelAfter(DrainTime);
        await Task.WhenAll(output, error, input);
        return new ProcessResult(process.ExitCode, await output, await error);
    }

    /// <summary>Starts a program that goes on when the manager dies, but is its child until then, so that its end is noticed at once.</summary>
    /// <param name="spec">The program; <see cref="ProcessSpec.Input"/> is not used.</param>
    /// <param name="log">File to which stdout and stderr are appended.</param>
    /// <exception cref="FileNotFoundException">There is no such program.</exception>
    public static SessionProcess StartSession(ProcessSpec spec, string log)
    {
        var process = Start(["/bin/sh", "-c", Redirect, log, Resolve(spec), .. spec.Arguments], spec);
        process.StandardInput.Close();
        process.StandardOutput.Close();
        process.StandardError.Close();
        return new SessionProcess(process);
    }

    private static Process Start(IEnumerable<string> arguments, ProcessSpec spec)
    {
        var (file, rest) = spec.OwnSession ? (Setsid, arguments) : (Resolve(spec), spec.Arguments);
        var info = new ProcessStartInfo(file, rest)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = spec.WorkingDirectory ?? "",
        };
        SetEnvironment(info, spec);
        return Process.Start(info) ?? throw new InvalidOperationException($"{spec.File} gave no process.");
    }

    private static void SetEnvironment(ProcessStartInfo info, ProcessSpec spec)
    {
        if (spec.Environment is { } environment)
        {
            info.Environment.Clear();
            foreach (var (name, value) in environment)
            {
                info.Environment[name] = value;
            }
        }
    }

    private static string Resolve(ProcessSpec spec)
    {
        if (spec.File.Contains('/', StringComparison.Ordinal))
        {
            var path = Path.GetFullPath(spec.File, spec.WorkingDirectory ?? Environment.CurrentDirectory);
            return File.Exists(path) ? path : throw new FileNotFoundException($"There is no program {path}.", path);
        }

        var search = spec.Environment is { } environment
            ? environment.GetValueOrDefault("PATH")
            : Environment.GetEnvironmentVariable("PATH");
        foreach (var folder in (search ?? "/usr/local/bin:/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            var path = Path.Combine(folder, spec.File);
            if (File.Exists(path) && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != UnixFileMode.None)
            {
                return path;
            }
        }

        throw new FileNotFoundException($"There is no program '{spec.File}' in {search}.", spec.File);
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream stream, int limit, CancellationToken cancellationToken)
    {
        var kept = new MemoryStream();
        var buffer = new byte[16 * 1024];
        try
        {
            while (await stream.ReadAsync(buffer, cancellationToken) is var read and > 0)
            {
                kept.Write(buffer, 0, (int)Math.Min(read, limit - kept.Length));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // Somebody else still holds the pipe; what the program wrote is complete.
        }

        return kept.GetBuffer().AsMemory(0, (int)kept.Length);
    }

    private static async Task WriteAsync(Stream stream, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        try
        {
            await using (stream)
            {
                await stream.WriteAsync(input, cancellationToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The program did not want to read it all.
        }
    }

    private static async Task FeedAsync(Process process, Func<Stream, CancellationToken, Task>? write, CancellationToken cancellationToken)
    {
        var stream = process.StandardInput.BaseStream;
        try
        {
            if (write is not null)
            {
                await write(stream, cancellationToken);
            }

            await stream.DisposeAsync();
        }
        catch (IOException)
        {
            // It did not want to read it all; or what it was to read could not be read, and it complains about its end.
        }
    }

    private static async Task EndAsync(Process process, TimeSpan grace)
    {
        var family = new HashSet<ProcessEntry>();
        foreach (var signal in new[] { Signal.Interrupt, Signal.Terminate, Signal.Kill })
        {
            // While their parent lives, children in sessions of their own can still be told as its children.
            family.UnionWith(ProcessTree.OfSession(process.Id));
            // Between its start and its setsid() the program is not yet a group.
            if (!Posix.Kill(-process.Id, signal) && !process.HasExited)
            {
                Posix.Kill(process.Id, signal);
            }

            using var waiting = new CancellationTokenSource(signal == Signal.Kill ? KillTime : grace);
            try
            {
                await process.WaitForExitAsync(waiting.Token);
                break;
            }
            catch (OperationCanceledException)
            {
                // The next signal is stronger. What survives SIGKILL so long hangs in the kernel.
            }
        }

        family.UnionWith(ProcessTree.OfSession(process.Id));
        foreach (var left in family)
        {
            left.Identity.TrySignal(Signal.Kill);
        }
    }
}
