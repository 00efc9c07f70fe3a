using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Osism.Daemon.Jobs.Output;
using Osism.Daemon.Platform.Secrets;

namespace Osism.Daemon.Jobs.Spool;

/// <summary>Carries one file of the spool through the masker into the database, from wherever it was left.</summary>
internal sealed class StreamPump(string file, StreamKind stream, SecretSet secrets, OutputStore store) : IDisposable
{
    private const int ReadSize = 256 * 1024;

    private readonly StreamingMasker _masker = new(secrets);
    private readonly byte[] _buffer = new byte[ReadSize];
    private SafeFileHandle? _handle;
    private IncrementalHash _rawHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private IncrementalHash _storedHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _isCut;

    /// <summary>Offset in the file up to which everything is stored.</summary>
    public long Raw { get; private set; }

    /// <summary>Stored length.</summary>
    public long Stored { get; private set; }

    /// <summary>Called with each piece that was stored.</summary>
    public Action<long, byte[]>? OnStored { get; init; }

    /// <summary>Takes up where an earlier follower left: reads what it had stored, for the hashes.</summary>
    public async Task ResumeAsync(Guid job, long raw, long stored, CancellationToken cancellationToken)
    {
        _rawHash.Dispose();
        _storedHash.Dispose();
        _rawHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _storedHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _isCut = false;
        for (long at = 0; at < raw;)
        {
            var read = await ReadAsync(at, (int)Math.Min(ReadSize, raw - at), cancellationToken);
            if (read == 0)
            {
                // After a power loss the database may know more of the file than the disk does. What is stored is stored.
                _isCut = true;
                break;
            }

            _rawHash.AppendData(_buffer.AsSpan(0, read));
            at += read;
        }

        for (long at = 0; at < stored;)
        {
            var data = await store.ReadAsync(job, stream, at, ReadSize, cancellationToken);
            if (data.Length == 0)
            {
                throw new InvalidDataException($"The stored {stream} of job {job} ends at {at}, not at {stored}.");
            }

            _storedHash.AppendData(data);
            at += data.Length;
        }

        (Raw, Stored) = (raw, stored);
    }

    /// <summary>Takes up at what the database holds, where that is not what was thought.</summary>
    /// <returns>False when it is.</returns>
    public async Task<bool> GoBackAsync(Guid job, long raw, long stored, CancellationToken cancellationToken)
    {
        if (raw == Raw && stored == Stored)
        {
            return false;
        }

        await ResumeAsync(job, raw, stored, cancellationToken);
        return true;
    }

    /// <summary>Stores the next piece, if there is one.</summary>
    /// <param name="job">The job.</param>
    /// <param name="attempt">The attempt that follows it.</param>
    /// <param name="final">True when nothing more will be written: nothing is held back any more.</param>
    /// <param name="cancellationToken">Ends the waiting for the database.</param>
    public async Task<PumpResult> StepAsync(Guid job, int attempt, bool final, CancellationToken cancellationToken)
    {
        var read = await ReadAsync(Raw, ReadSize, cancellationToken);
        if (read == 0)
        {
            return PumpResult.Idle;
        }

        var output = new ArrayBufferWriter<byte>(read + 64);
        var taken = _masker.Mask(_buffer.AsSpan(0, read), final && read < ReadSize, output);
        if (taken == 0)
        {
            return PumpResult.Idle;
        }

        var data = output.WrittenSpan.ToArray();
        var chunk = new SpoolChunk(Raw, Raw + taken, Stored, data);
        var result = await store.AppendAsync(job, attempt, stream, chunk, more: null, cancellationToken);
        switch (result.Status)
        {
            case AppendStatus.Fenced:
                return PumpResult.Fenced;
            case AppendStatus.Moved:
                // An answer of the database was lost on the way: what it holds is the truth.
                await ResumeAsync(job, result.Raw, result.Bytes, cancellationToken);
                return PumpResult.Moved;
            default:
                _rawHash.AppendData(_buffer.AsSpan(0, taken));
                _storedHash.AppendData(data);
                (Raw, Stored) = (chunk.RawTo, chunk.Start + data.Length);
                OnStored?.Invoke(chunk.Start, data);
                return PumpResult.Moved;
        }
    }

    /// <summary>SHA-256 of everything read and of everything stored, hexadecimal. The first is null when the file has lost bytes that were stored.</summary>
    public (string? Raw, string Stored) Hashes() =>
        (_isCut ? null : Convert.ToHexStringLower(_rawHash.GetCurrentHash()), Convert.ToHexStringLower(_storedHash.GetCurrentHash()));

    public void Dispose()
    {
        _handle?.Dispose();
        _rawHash.Dispose();
        _storedHash.Dispose();
    }

    private ValueTask<int> ReadAsync(long offset, int count, CancellationToken cancellationToken)
    {
        _handle ??= File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return RandomAccess.ReadAsync(_handle, _buffer.AsMemory(0, count), offset, cancellationToken);
    }
}

internal enum PumpResult
{
    Idle,
    Moved,
    Fenced,
}
