using System.Security.Cryptography;
using System.Text;

namespace Osism.Daemon.Lifecycle.Backups;

/// <summary>What a passphrase becomes: one key for each file of one backup.</summary>
internal sealed class BackupKey : IDisposable
{
    /// <summary>OWASP's advice of 2023 for PBKDF2 with SHA-256: about half a second, once a backup.</summary>
    public const int Iterations = 600_000;

    private const int KeyLength = 32;
    private const int SaltLength = 16;

    private readonly byte[] _master;

    private BackupKey(byte[] master) => _master = master;

    public static byte[] NewSalt() => RandomNumberGenerator.GetBytes(SaltLength);

    public static BackupKey Of(string passphrase, byte[] salt, int iterations) =>
        new(Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(passphrase), salt, iterations, HashAlgorithmName.SHA256, KeyLength));

    /// <summary>The key of a file, or of whatever else has a name.</summary>
    public byte[] For(string name) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _master, KeyLength, info: Encoding.UTF8.GetBytes(name));

    /// <summary>Proof that whoever wrote <paramref name="content"/> had the passphrase.</summary>
    public string Sign(string name, ReadOnlySpan<byte> content) => Convert.ToHexStringLower(HMACSHA256.HashData(For(name), content));

    public void Dispose() => CryptographicOperations.ZeroMemory(_master);
}
