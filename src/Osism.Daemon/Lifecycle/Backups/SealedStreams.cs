using System.Buffers.Binary;
using System.Security.Cryptography;
using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Lifecycle.Backups;

/// <summary>A file of a backup: pieces of 64 KiB, each encrypted and authenticated with AES-256-GCM, with its number and whether it is the last one.</summary>
/// <remarks>So pieces can neither be changed, dropped, repeated, swapped nor cut off at the end without being noticed (the STREAM construction of Hoang,
/// Reyhanitabar, Rogaway and Vizár, 2015). Each file of each backup has a key of its own, so a number is used once only.</remarks>
internal static class SealedPieces
{
    public const int Plain = 64 * 1024;
    public const int Tag = 16;

    /// <summary>The nonce: the piece's number, and 1 for the last.</summary>
    public static void WriteNonce(Span<byte> nonce, ulong number, bool isLast)
    {
        BinaryPrimitives.WriteUInt64BigEndian(nonce, number);
        BinaryPrimitives.WriteUInt32BigEndian(nonce[8..], isLast ? 1u : 0);
    }
}

/// <summary>Encrypts what is written to it. <see cref="FinishAsync"/> writes the last piece; without it the file is not a whole one, and is told from one.</summary>
internal sealed class SealedWriter(Stream target, byte[] key) : Stream
{
    private const int NonceLength = 12;

    private readonly AesGcm _cipher = new(key, SealedPieces.Tag);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _plain = new byte[SealedPieces.Plain];
    private readonly byte[] _sealed = new byte[SealedPieces.Plain + SealedPieces.Tag];
    private readonly byte[] _nonce = new byte[NonceLength];
    private int _filled;
    private ulong _number;

    /// <summary>Bytes of the encrypted file so far.</summary>
    public long Bytes { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Ends the file.</summary>
    /// <returns>SHA-256 of the encrypted file, lower-case hexadecimal.</returns>
    public async Task<string> FinishAsync(CancellationToken cancellationToken)
    {
        await PutAsync(isLast: true, cancellationToken);
        await target.FlushAsync(cancellationToken);
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            // A full piece waits until more comes: it may be the last one.
            if (_filled == _plain.Length)
            {
                await PutAsync(isLast: false, cancellationToken);
            }

            var taken = Math.Min(buffer.Length, _plain.Length - _filled);
            buffer[..taken].CopyTo(_plain.AsMemory(_filled));
            _filled += taken;
            buffer = buffer[taken..];
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count)
    {
        for (var rest = buffer.AsSpan(offset, count); rest.Length > 0;)
        {
            if (_filled == _plain.Length)
            {
                target.Write(Seal(isLast: false));
            }

            var taken = Math.Min(rest.Length, _plain.Length - _filled);
            rest[..taken].CopyTo(_plain.AsSpan(_filled));
            _filled += taken;
            rest = rest[taken..];
        }
    }

    public override void Flush()
    {
        // A piece is written when it is full, or the last one.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _cipher.Dispose();
            _hash.Dispose();
            CryptographicOperations.ZeroMemory(_plain);
        }

        base.Dispose(disposing);
    }

    private async ValueTask PutAsync(bool isLast, CancellationToken cancellationToken)
    {
        var length = SealInto(isLast);
        await target.WriteAsync(_sealed.AsMemory(0, length), cancellationToken);
    }

    private ReadOnlySpan<byte> Seal(bool isLast) => _sealed.AsSpan(0, SealInto(isLast));

    private int SealInto(bool isLast)
    {
        SealedPieces.WriteNonce(_nonce, _number++, isLast);
        _cipher.Encrypt(_nonce, _plain.AsSpan(0, _filled), _sealed.AsSpan(0, _filled), _sealed.AsSpan(_filled, SealedPieces.Tag));
        var length = _filled + SealedPieces.Tag;
        _hash.AppendData(_sealed, 0, length);
        Bytes += length;
        _filled = 0;
        return length;
    }
}

/// <summary>Decrypts a file of <see cref="SealedWriter"/>. Nothing is handed out that was not proven to be what was written.</summary>
/// <exception cref="OsismException"><see cref="ErrorCodes.BackupDamaged"/> from every read, once a piece is not what it was, or the end is missing.</exception>
internal sealed class SealedReader(Stream source, byte[] key, string name) : Stream
{
    private const int NonceLength = 12;

    private readonly AesGcm _cipher = new(key, SealedPieces.Tag);
    private readonly byte[] _plain = new byte[SealedPieces.Plain];
    private readonly byte[] _nonce = new byte[NonceLength];
    private byte[] _piece = new byte[SealedPieces.Plain + SealedPieces.Tag];
    private byte[] _ahead = new byte[SealedPieces.Plain + SealedPieces.Tag];
    private int _aheadLength = -1;
    private (int At, int End) _open;
    private ulong _number;
    private bool _isOver;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        if (_open.At == _open.End && !_isOver)
        {
            Advance();
        }

        var given = Math.Min(buffer.Length, _open.End - _open.At);
        _plain.AsSpan(_open.At, given).CopyTo(buffer);
        _open.At += given;
        return given;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    // A local file: the thread that decrypts may as well read.
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : ValueTask.FromResult(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Nothing is written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _cipher.Dispose();
            source.Dispose();
            CryptographicOperations.ZeroMemory(_plain);
        }

        base.Dispose(disposing);
    }

    private void Advance()
    {
        if (_aheadLength < 0)
        {
            _aheadLength = source.ReadAtLeast(_ahead, _ahead.Length, throwOnEndOfStream: false);
        }

        (_piece, _ahead) = (_ahead, _piece);
        var length = _aheadLength;
        _aheadLength = source.ReadAtLeast(_ahead, _ahead.Length, throwOnEndOfStream: false);
        _isOver = _aheadLength == 0;
        SealedPieces.WriteNonce(_nonce, _number++, _isOver);
        var plain = length - SealedPieces.Tag;
        try
        {
            if (plain < 0)
            {
                throw Damaged(null);
            }

            _cipher.Decrypt(_nonce, _piece.AsSpan(0, plain), _piece.AsSpan(plain, SealedPieces.Tag), _plain.AsSpan(0, plain));
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw Damaged(e);
        }

        _open = (0, plain);
        if (plain == 0 && !_isOver)
        {
            throw Damaged(null);
        }
    }

    private OsismException Damaged(Exception? inner) =>
        new(ErrorCodes.BackupDamaged, $"{name} was changed or cut off: it is not what the backup wrote", inner) { File = name };
}
