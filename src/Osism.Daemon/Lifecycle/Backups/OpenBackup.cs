using System.Security.Cryptography;
using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Lifecycle.Backups;

/// <summary>A backup whose passphrase was right.</summary>
/// <param name="Folder">Of the backup.</param>
/// <param name="Manifest">Proven to be its own.</param>
/// <param name="Key">Opens its files.</param>
internal sealed record OpenBackup(string Folder, BackupManifest Manifest, BackupKey Key) : IDisposable
{
    private const int Buffer = 1024 * 1024;

    /// <exception cref="OsismException">Missing, newer, damaged, or not its passphrase.</exception>
    public static OpenBackup Open(string folder, string passphrase)
    {
        var manifest = BackupFolder.Read(folder);
        return new OpenBackup(folder, manifest, manifest.Open(passphrase));
    }

    /// <summary>Reads all of it: every byte is what was written, and the archive of the files can be read.</summary>
    /// <exception cref="OsismException"><see cref="ErrorCodes.BackupDamaged"/>, with the file.</exception>
    public async Task VerifyAsync(CancellationToken cancellationToken)
    {
        foreach (var file in Manifest.Files)
        {
            var info = new FileInfo(Path.Combine(Folder, file.Name));
            if (!info.Exists || info.Length != file.Bytes)
            {
                throw new OsismException(
                    ErrorCodes.BackupDamaged, info.Exists ? $"{file.Name} has {info.Length} bytes instead of {file.Bytes}" : $"{file.Name} is missing")
                { File = info.FullName };
            }

            await using var content = File.OpenRead(info.FullName);
            if (Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)) != file.Sha256)
            {
                throw new OsismException(ErrorCodes.BackupDamaged, $"{file.Name} was changed: its checksum is not that of the manifest") { File = info.FullName };
            }
        }

        await using (var database = OpenFile(BackupMaker.DatabaseFile))
        {
            await database.CopyToAsync(Stream.Null, cancellationToken);
        }

        await ReadFilesAsync(null, cancellationToken);
    }

    /// <summary>Reads the archive of the files, and makes them below <paramref name="folder"/> unless that is null.</summary>
    public async Task<IReadOnlySet<string>> ReadFilesAsync(string? folder, CancellationToken cancellationToken)
    {
        await using var files = OpenFile(BackupMaker.FilesFile);
        var names = await HomeArchive.ReadAsync(files, folder, cancellationToken);

        // To its end: only there is it known that nothing was cut off.
        await files.CopyToAsync(Stream.Null, cancellationToken);
        return names;
    }

    public SealedReader OpenFile(string name)
    {
        try
        {
            var file = new FileStream(Path.Combine(Folder, name), new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, BufferSize = Buffer });
            return new SealedReader(file, Key.For(name), name);
        }
        catch (IOException e)
        {
            throw new OsismException(ErrorCodes.BackupDamaged, $"{name} cannot be read: {e.Message}", e) { File = Path.Combine(Folder, name) };
        }
    }

    public void Dispose() => Key.Dispose();
}
