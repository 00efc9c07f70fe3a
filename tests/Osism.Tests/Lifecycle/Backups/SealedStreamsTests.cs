using System.Security.Cryptography;
using Osism.Contracts;
using Osism.Daemon.Lifecycle.Backups;
using Osism.Daemon.Platform;

namespace Osism.Tests.Lifecycle.Backups;

/// <summary>What is sealed comes out as it was, or not at all.</summary>
public sealed class SealedStreamsTests
{
    private const int Piece = SealedPieces.Plain + SealedPieces.Tag;

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(SealedPieces.Plain - 1)]
    [InlineData(SealedPieces.Plain)]
    [InlineData(SealedPieces.Plain + 1)]
    [InlineData(3 * SealedPieces.Plain)]
    public async Task All_lengths_come_back(int length)
    {
        var plain = RandomNumberGenerator.GetBytes(length);

        var (file, hash) = await SealAsync(plain);

        Assert.Equal(plain, Open(file));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(file)), hash);
        Assert.Equal(length + (Math.Max(1, (length + SealedPieces.Plain - 1) / SealedPieces.Plain) * SealedPieces.Tag), file.Length);
    }

    [Fact]
    public async Task Nothing_of_it_can_be_read_without_the_key()
    {
        var plain = new byte[SealedPieces.Plain * 2];
        plain.AsSpan().Fill((byte)'s');

        var (file, _) = await SealAsync(plain);

        Assert.Equal(-1, file.AsSpan().IndexOf("ssss"u8));
        Assert.NotEqual(file[..64], file[Piece..(Piece + 64)]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Piece - 1)]
    [InlineData(Piece)]
    [InlineData((2 * Piece) + 5)]
    public async Task A_changed_bit_is_found(int at)
    {
        var (file, _) = await SealAsync(RandomNumberGenerator.GetBytes((2 * SealedPieces.Plain) + 100));
        file[at] ^= 1;

        Damaged(file);
    }

    [Fact]
    public async Task So_are_pieces_that_are_missing_repeated_exchanged_or_of_another_key()
    {
        var (file, _) = await SealAsync(RandomNumberGenerator.GetBytes((3 * SealedPieces.Plain) + 100));
        byte[] Take(params int[] pieces) => [.. pieces.SelectMany(piece => file[(piece * Piece)..Math.Min((piece + 1) * Piece, file.Length)])];

        Assert.Equal(file, Take(0, 1, 2, 3));
        Damaged(Take(0, 1, 2));
        Damaged(Take(1, 2, 3));
        Damaged(Take(0, 2, 3));
        Damaged(Take(0, 2, 1, 3));
        Damaged(Take(0, 1, 1, 2, 3));
        Damaged(file[..^1]);
        Damaged([.. file, 0]);
        Damaged([]);
        _key[0] ^= 1;
        Damaged(file);
    }

    private async Task<(byte[] File, string Hash)> SealAsync(byte[] plain)
    {
        var file = new MemoryStream();
        await using var writer = new SealedWriter(file, _key);

        // In uneven steps, as programs write.
        for (var at = 0; at < plain.Length; at += 7001)
        {
            await writer.WriteAsync(plain.AsMemory(at, Math.Min(7001, plain.Length - at)), _token);
        }

        var hash = await writer.FinishAsync(_token);
        Assert.Equal(file.Length, writer.Bytes);
        return (file.ToArray(), hash);
    }

    private byte[] Open(byte[] file)
    {
        using var reader = new SealedReader(new MemoryStream(file), _key, "files");
        var plain = new MemoryStream();
        reader.CopyTo(plain, 5000);
        return plain.ToArray();
    }

    private void Damaged(byte[] file)
    {
        var refusal = Assert.Throws<OsismException>(() => Open(file));

        Assert.Equal((ErrorCodes.BackupDamaged, "files"), (refusal.Code, refusal.File));
    }
}
