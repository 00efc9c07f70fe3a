using System.Runtime.InteropServices;

namespace Osism.Cli.Terminal;

/// <summary>Writes to a descriptor of the process (1 or 2) with nothing in between.</summary>
/// <remarks>
/// The console's own stream drops what it writes to a closed pipe without a word, and a file stream keeps a position of its own,
/// which destroys a file that stdout and stderr share. Here a closed reader is seen and the kernel keeps the position.
/// </remarks>
/// <param name="throwWhenGone">Whether a write to a reader that has gone is an error (stdout), or of no interest (stderr).</param>
internal sealed partial class DescriptorStream(int descriptor, bool throwWhenGone) : ForwardStream
{
    private const int Interrupted = 4;
    private const int WouldBlock = 11;
    private const int BrokenPipe = 32;
    private const short PollWrite = 4;

    public override bool CanWrite => true;

    /// <exception cref="OutputException">Nobody reads any more, or the disk is full.</exception>
    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written;
            fixed (byte* start = buffer)
                written = Write(descriptor, start, buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Interrupted:
                    break;
                case WouldBlock:
                    var wait = new PollDescriptor { Descriptor = descriptor, Events = PollWrite };
                    Poll(ref wait, 1, -1);
                    break;
                default:
                    if (!throwWhenGone)
                        return;
                    var error = Marshal.GetLastPInvokeError();
                    throw new OutputException(Marshal.GetPInvokeErrorMessage(error), error == BrokenPipe);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint Write(int descriptor, byte* buffer, nint count);

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

/// <summary>stdout takes no more.</summary>
/// <param name="closed">Because whoever read it has gone: there is nobody to tell.</param>
internal sealed class OutputException(string message, bool closed) : IOException(message)
{
    public bool Closed { get; } = closed;
}
