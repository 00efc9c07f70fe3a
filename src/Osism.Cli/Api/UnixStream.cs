using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Osism.Cli.Terminal;

namespace Osism.Cli.Api;

/// <summary>A connection to a Unix socket by the system calls themselves: the framework's socket starts an event loop with a thread of its
/// own and loads seven assemblies, 12 ms of CPU in every command (docs/adr/0004-a-thin-client.md).</summary>
/// <remarks><see cref="Stream.Dispose()"/>, from any thread, ends a call that blocks.</remarks>
internal sealed partial class UnixStream : ForwardStream
{
    private const int Unix = 1;
    private const int StreamCloseOnExec = 1 | 0x80000;
    private const int NoSignal = 0x4000;
    private const int LongestPath = 107;
    private const int NoPermission = 13;
    private const int Interrupted = 4;
    private const short PollRead = 1;

    private readonly SafeFileHandle _handle;

    private UnixStream(SafeFileHandle handle) => _handle = handle;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    /// <summary>Milliseconds the other end may be silent; -1 = for ever.</summary>
    public override int ReadTimeout { get; set; } = Timeout.Infinite;

    /// <exception cref="ConnectException">Nobody listens, or we may not.</exception>
    public static unsafe UnixStream Connect(string path)
    {
        if (Encoding.UTF8.GetByteCount(path) > LongestPath)
            throw new ConnectException($"a socket's path has at most {LongestPath} bytes, {path} is longer", denied: false);

        // struct sockaddr_un (unix(7)): family, then the path with a zero at its end.
        var address = new byte[2 + LongestPath + 1];
        BitConverter.TryWriteBytes(address, (ushort)Unix);
        Encoding.UTF8.GetBytes(path, address.AsSpan(2));
        var socket = new SafeFileHandle(Socket(Unix, StreamCloseOnExec, 0), ownsHandle: true);
        int result;
        fixed (byte* start = address)
        {
            do
            {
                result = Connect(socket, start, address.Length);
            }
            while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        }

        if (result == 0)
            return new UnixStream(socket);

        var error = Marshal.GetLastPInvokeError();
        socket.Dispose();
        throw new ConnectException(Marshal.GetPInvokeErrorMessage(error), error == NoPermission);
    }

    /// <returns>0 once the other end has closed.</returns>
    /// <exception cref="IOException">The connection broke, or the other end was silent for <see cref="ReadTimeout"/>.</exception>
    public override unsafe int Read(Span<byte> buffer)
    {
        while (true)
        {
            var wait = new PollDescriptor { Descriptor = (int)_handle.DangerousGetHandle(), Events = PollRead };
            var ready = _handle.IsClosed ? throw new ObjectDisposedException(nameof(UnixStream)) : Poll(ref wait, 1, ReadTimeout);
            if (ready == 0)
                throw new IOException($"no answer within {ReadTimeout / 1000} s");
            nint count;
            fixed (byte* start = buffer)
                count = Receive(_handle, start, buffer.Length, 0);
            if (count >= 0)
                return (int)count;
            if (Marshal.GetLastPInvokeError() is var error && error != Interrupted)
                throw new IOException(Marshal.GetPInvokeErrorMessage(error));
        }
    }

    /// <exception cref="IOException">The connection broke.</exception>
    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint count;
            fixed (byte* start = buffer)
                count = Send(_handle, start, buffer.Length, NoSignal);
            if (count >= 0)
                buffer = buffer[(int)count..];
            else if (Marshal.GetLastPInvokeError() is var error && error != Interrupted)
                throw new IOException(Marshal.GetPInvokeErrorMessage(error));
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_handle.IsClosed)
        {
            // Wakes whoever waits in a call; the handle is closed when that call has returned.
            Shutdown(_handle, 2);
            _handle.Dispose();
        }

        base.Dispose(disposing);
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static unsafe partial int Connect(SafeFileHandle socket, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static unsafe partial nint Send(SafeFileHandle socket, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static unsafe partial nint Receive(SafeFileHandle socket, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    private static partial int Shutdown(SafeFileHandle socket, int how);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, int timeoutMilliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}

/// <summary>There was nobody to connect to.</summary>
/// <param name="denied">There may be somebody, but this user may not.</param>
internal sealed class ConnectException(string message, bool denied, Exception? inner = null) : IOException(message, inner)
{
    public bool Denied { get; } = denied;
}
