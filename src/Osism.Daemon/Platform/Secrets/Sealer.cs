using System.Security.Cryptography;
using System.Text;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Platform.Secrets;

/// <summary>Encrypts secrets for the database, so that only the manager or worker they are meant for can read them there.</summary>
/// <remarks>
/// Public-key encryption in the manner of ECIES (SEC 1 §5.1) with current parts:
/// <code>
/// blob = version (1) | first 8 bytes of the recipient's fingerprint | ephemeral point (65) | tag (16) | ciphertext
/// key (32) | nonce (12) = HKDF-SHA256(ECDH P-256(ephemeral, recipient), salt = ephemeral point | recipient point, info = "osism seal 1")
/// ciphertext, tag = AES-256-GCM(key, nonce, plain, associated data = version .. ephemeral point | context)
/// </code>
/// The ephemeral key is new each time, so key and nonce are never used twice.
/// </remarks>
internal sealed class Sealer(SealKeyFile keyFile)
{
    private const byte Version = 1;
    private const int HintSize = 8;
    private const int HeaderSize = 1 + HintSize + SealPublicKey.PointSize;
    private const int TagSize = 16;
    private const int KeySize = 32;
    private const int NonceSize = 12;

    // Every run asks for it several times. Only the public half is kept.
    private PublicOf? _public;

    private static ReadOnlySpan<byte> Purpose => "osism seal 1"u8;

    /// <summary>For whom others seal secrets which we are to read. Makes the key file when there is none.</summary>
    /// <exception cref="SealException">The key file cannot be used.</exception>
    public SealPublicKey PublicKey
    {
        get
        {
            var readAt = TimeProvider.System.GetUtcNow();
            if (FileStamp.Of(keyFile.FilePath) is { } stamp && _public is { } known && known.Stamp == stamp)
            {
                return known.Key;
            }

            using var key = keyFile.LoadOrCreate();
            var own = SealPublicKey.Of(key);
            _public = FileStamp.Of(keyFile.FilePath) is { } read && read.IsSettled(readAt) ? new PublicOf(read, own) : null;
            return own;
        }
    }

    /// <summary>Seals for ourselves. Makes the key file when there is none.</summary>
    /// <inheritdoc cref="Seal(SealPublicKey, ReadOnlySpan{byte}, string)"/>
    /// <exception cref="SealException">The key file cannot be used.</exception>
    public byte[] Seal(ReadOnlySpan<byte> plain, string context) => Seal(PublicKey, plain, context);

    /// <summary>Seals for any manager or worker.</summary>
    /// <param name="recipient">Whose private key opens it.</param>
    /// <param name="plain">The secret.</param>
    /// <param name="context">What it is, such as <c>vault/password</c>. Opening needs the same, so that a blob cannot be put in the place of another.</param>
    public static byte[] Seal(SealPublicKey recipient, ReadOnlySpan<byte> plain, string context)
    {
        using var theirs = recipient.Import();
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var blob = new byte[HeaderSize + TagSize + plain.Length];
        var header = blob.AsSpan(0, HeaderSize);
        header[0] = Version;
        WriteHint(recipient, header);
        SealPublicKey.Of(ephemeral).Point.Span.CopyTo(header[(1 + HintSize)..]);

        Span<byte> derived = stackalloc byte[KeySize + NonceSize];
        Derive(ephemeral, theirs, header[(1 + HintSize)..], recipient, derived);
        using (var gcm = new AesGcm(derived[..KeySize], TagSize))
            gcm.Encrypt(derived[KeySize..], plain, blob.AsSpan(HeaderSize + TagSize), blob.AsSpan(HeaderSize, TagSize), Associated(header, context));
        CryptographicOperations.ZeroMemory(derived);
        return blob;
    }

    /// <summary>Opens what was sealed for us.</summary>
    /// <exception cref="SealException">The key file is missing or cannot be used, or the blob is damaged, meant for another key or for another context.</exception>
    public byte[] Open(ReadOnlySpan<byte> blob, string context)
    {
        using var ours = keyFile.Load();
        var self = SealPublicKey.Of(ours);
        if (blob.Length < HeaderSize + TagSize)
            throw new SealException(SealFault.Damaged, $"The sealed secret '{context}' is cut short");
        if (blob[0] != Version)
            throw new SealException(SealFault.Damaged, $"The sealed secret '{context}' is damaged or was made by a later version");
        var header = blob[..HeaderSize];
        Span<byte> expected = stackalloc byte[1 + HintSize];
        WriteHint(self, expected);
        if (!header[1..(1 + HintSize)].SequenceEqual(expected[1..]))
            throw new SealException(SealFault.WrongKey, $"The secret '{context}' was sealed for another key than that in {keyFile.FilePath}");

        Span<byte> derived = stackalloc byte[KeySize + NonceSize];
        var plain = new byte[blob.Length - HeaderSize - TagSize];
        try
        {
            using var ephemeral = SealPublicKey.Read(header[(1 + HintSize)..]).Import();
            Derive(ours, ephemeral, header[(1 + HintSize)..], self, derived);
            using var gcm = new AesGcm(derived[..KeySize], TagSize);
            gcm.Decrypt(derived[KeySize..], blob[(HeaderSize + TagSize)..], blob.Slice(HeaderSize, TagSize), plain, Associated(header, context));
            return plain;
        }
        catch (Exception e) when (e is CryptographicException or SealException)
        {
            throw new SealException(SealFault.Damaged, $"The sealed secret '{context}' is damaged", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    private static void WriteHint(SealPublicKey key, Span<byte> header) =>
        Convert.FromHexString(key.Fingerprint.AsSpan(0, 2 * HintSize), header[1..], out _, out _);

    private static void Derive(ECDiffieHellman own, ECDiffieHellman other, ReadOnlySpan<byte> ephemeralPoint, SealPublicKey recipient, Span<byte> derived)
    {
        using var otherPublic = other.PublicKey;
        var shared = own.DeriveRawSecretAgreement(otherPublic);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, derived, [.. ephemeralPoint, .. recipient.Point.Span], Purpose);
        CryptographicOperations.ZeroMemory(shared);
    }

    private static byte[] Associated(ReadOnlySpan<byte> header, string context) => [.. header, .. Encoding.UTF8.GetBytes(context)];

    private sealed record PublicOf(FileStamp Stamp, SealPublicKey Key);
}
