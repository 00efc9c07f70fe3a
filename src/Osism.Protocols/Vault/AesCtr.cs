using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Osism.Protocols.Vault;

/// <summary>AES in counter mode (NIST SP 800-38A §6.5) with the 128-bit big-endian counter of <c>ansible-vault</c>; .NET offers only the block cipher.</summary>
internal static class AesCtr
{
    private const int BlockSize = 16;

    // Large enough that the cost of a call into the crypto library vanishes, small enough for the first cache.
    private const int BufferSize = 8 * 1024;

    /// <summary>Encrypts or decrypts (the same operation) in place.</summary>
    public static void Transform(ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialCounter, Span<byte> data)
    {
        using var aes = Aes.Create();
        aes.SetKey(key);
        var counter = BinaryPrimitives.ReadUInt128BigEndian(initialCounter);
        Span<byte> stream = new byte[BufferSize];
        while (!data.IsEmpty)
        {
            var length = Math.Min(data.Length, BufferSize);
            var blocks = stream[..((length + BlockSize - 1) / BlockSize * BlockSize)];
            for (var at = 0; at < blocks.Length; at += BlockSize)
                BinaryPrimitives.WriteUInt128BigEndian(blocks[at..], counter++);
            aes.EncryptEcb(blocks, blocks, PaddingMode.None);
            Xor(data[..length], blocks);
            data = data[length..];
        }

        CryptographicOperations.ZeroMemory(stream);
    }

    private static void Xor(Span<byte> data, ReadOnlySpan<byte> stream)
    {
        var wide = MemoryMarshal.Cast<byte, Vector<byte>>(data);
        var wideStream = MemoryMarshal.Cast<byte, Vector<byte>>(stream);
        for (var i = 0; i < wide.Length; i++)
            wide[i] ^= wideStream[i];
        for (var i = wide.Length * Vector<byte>.Count; i < data.Length; i++)
            data[i] ^= stream[i];
    }
}
