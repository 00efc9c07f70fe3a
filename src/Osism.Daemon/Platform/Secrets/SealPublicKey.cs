using System.Security.Cryptography;

namespace Osism.Daemon.Platform.Secrets;

/// <summary>The key for which secrets are sealed: that of this manager, or of a worker on another machine.</summary>
internal sealed class SealPublicKey
{
    /// <summary>Bytes of <see cref="Point"/>.</summary>
    public const int PointSize = 1 + (2 * CoordinateSize);

    private const int CoordinateSize = 32;
    private const byte Uncompressed = 4;

    private SealPublicKey(byte[] point)
    {
        Point = point;
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(point));
    }

    /// <summary>The point on P-256, uncompressed (SEC 1 §2.3.3).</summary>
    public ReadOnlyMemory<byte> Point { get; }

    /// <summary>SHA-256 of <see cref="Point"/>, 64 hexadecimal digits: the recipient's name in the database.</summary>
    public string Fingerprint { get; }

    /// <summary>Reads what <see cref="Point"/> gave.</summary>
    /// <exception cref="SealException">It is no point on the curve (<see cref="SealFault.KeyInvalid"/>).</exception>
    public static SealPublicKey Read(ReadOnlySpan<byte> point)
    {
        var key = new SealPublicKey(point.ToArray());
        using var checkedKey = key.Import();
        return key;
    }

    internal static SealPublicKey Of(ECDiffieHellman key)
    {
        var q = key.ExportParameters(includePrivateParameters: false).Q;
        return new SealPublicKey([Uncompressed, .. q.X!, .. q.Y!]);
    }

    /// <exception cref="SealException">It is no point on the curve.</exception>
    internal ECDiffieHellman Import()
    {
        var point = Point.Span;
        if (point.Length != PointSize || point[0] != Uncompressed)
            throw new SealException(SealFault.KeyInvalid, "This is no public key of a manager or worker");
        try
        {
            return ECDiffieHellman.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = point[1..(1 + CoordinateSize)].ToArray(), Y = point[(1 + CoordinateSize)..].ToArray() },
            });
        }
        catch (CryptographicException e)
        {
            throw new SealException(SealFault.KeyInvalid, "This is no public key of a manager or worker: the point is not on the curve", e);
        }
    }
}
