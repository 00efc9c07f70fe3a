using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Lifecycle.Backups;

/// <summary>What a backup says of itself: <c>manifest.json</c>. It is readable without the passphrase, and cannot be changed without it.</summary>
/// <param name="Format">Of the whole backup; a reader refuses what is higher than its own.</param>
/// <param name="CreatedAt">When its database was what the backup holds.</param>
/// <param name="Host">Where it was made.</param>
/// <param name="Version">Of the osismd that made it.</param>
/// <param name="Migrations">Numbers of the migrations the database had.</param>
/// <param name="Jobs">Jobs the database held.</param>
/// <param name="Commit">Of the configuration repository; null without one.</param>
/// <param name="Dirty">Whether the repository held changes that are in no commit: they are not in the backup.</param>
/// <param name="Salt">Of the key.</param>
/// <param name="Iterations">Of the key.</param>
/// <param name="Files">All files beside this one.</param>
internal sealed record BackupManifest(
    int Format, DateTimeOffset CreatedAt, string Host, string Version, IReadOnlyList<int> Migrations, long Jobs, string? Commit, bool Dirty,
    byte[] Salt, int Iterations, IReadOnlyList<BackupFile> Files)
{
    public const int CurrentFormat = 1;
    public const string FileName = "manifest.json";

    private const int FewestIterations = 100_000;
    private const int MostIterations = 10_000_000;

    /// <summary>Tells a wrong passphrase from a damaged file.</summary>
    public string Check { get; init; } = "";

    /// <summary>Over everything else in here.</summary>
    public string Signature { get; init; } = "";

    public long Bytes => Files.Sum(file => file.Bytes);

    public BackupManifest Sign(BackupKey key)
    {
        var unsigned = this with { Check = key.Sign("check", Salt), Signature = "" };
        return unsigned with { Signature = key.Sign("manifest", unsigned.ToBytes()) };
    }

    /// <summary>The key of this backup.</summary>
    /// <exception cref="OsismException"><see cref="ErrorCodes.BackupPassphrase"/> or <see cref="ErrorCodes.BackupDamaged"/>.</exception>
    public BackupKey Open(string passphrase)
    {
        var key = BackupKey.Of(passphrase, Salt, Iterations);
        if (FaultOf(key) is not { } fault)
        {
            return key;
        }

        key.Dispose();
        throw fault;
    }

    private OsismException? FaultOf(BackupKey key)
    {
        if (!IsSame(Check, key.Sign("check", Salt)))
        {
            return new OsismException(ErrorCodes.BackupPassphrase, "this is not the passphrase the backup was made with");
        }

        return IsSame(Signature, key.Sign("manifest", (this with { Signature = "" }).ToBytes())) ? null : Damaged("it is not what the backup wrote", null);
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, BackupJson.Default.BackupManifest);

    /// <exception cref="OsismException"><see cref="ErrorCodes.BackupDamaged"/>, or <see cref="ErrorCodes.BackupNewer"/>.</exception>
    public static BackupManifest Read(ReadOnlySpan<byte> content)
    {
        BackupManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize(content, BackupJson.Default.BackupManifest);
        }
        catch (JsonException e)
        {
            throw Damaged(e.Message, e);
        }

        if (manifest is null or { Files: null } or { Salt: null } or { Migrations: null } or { Iterations: < FewestIterations or > MostIterations })
        {
            throw Damaged("fields are missing", null);
        }

        return manifest.Format <= CurrentFormat
            ? manifest
            : throw new OsismException(ErrorCodes.BackupNewer, $"its format is {manifest.Format}, this osismd ({ProgramVersion.Current}) knows {CurrentFormat}: use the osismd that made it, {manifest.Version}");
    }

    private static bool IsSame(string left, string right) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));

    private static OsismException Damaged(string how, Exception? inner) =>
        new(ErrorCodes.BackupDamaged, $"{FileName} was changed or cut off: {how}", inner) { File = FileName };
}

/// <param name="Name">Within the folder of the backup.</param>
/// <param name="Bytes">As it lies there.</param>
/// <param name="Sha256">Of the same bytes, lower-case hexadecimal.</param>
internal sealed record BackupFile(string Name, long Bytes, string Sha256);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(List<BackupManifest>))]
internal sealed partial class BackupJson : JsonSerializerContext;
