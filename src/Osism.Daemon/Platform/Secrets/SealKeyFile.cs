using System.Security.Cryptography;
using System.Text;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Platform.Secrets;

/// <summary>The private key of this manager or worker: <c>$OSISM_HOME/secrets/seal.key</c>, EC P-256 as PKCS8 PEM, readable by the daemon's user alone.</summary>
/// <remarks>Whoever has this file and the database has the vault password; whoever loses it must set the password again.</remarks>
internal sealed class SealKeyFile(OsismHome home)
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode ForOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public string FilePath { get; } = Path.Combine(home.Secrets, "seal.key");

    public bool Exists => File.Exists(FilePath);

    /// <summary>Reads the key, or makes it when there is none. Of several processes that make it at the same time one wins, and all get its key.</summary>
    /// <exception cref="SealException">The file is there and cannot be used, or cannot be made (<see cref="SealFault.KeyInvalid"/>).</exception>
    public ECDiffieHellman LoadOrCreate()
    {
        if (!Exists)
        {
            try
            {
                Create();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
            {
                throw new SealException(SealFault.KeyInvalid, $"{FilePath} cannot be made: {e.Message}", e);
            }
        }

        return Load();
    }

    /// <exception cref="SealException">The file is missing (<see cref="SealFault.KeyMissing"/>) or cannot be used (<see cref="SealFault.KeyInvalid"/>).</exception>
    public ECDiffieHellman Load()
    {
        var key = ECDiffieHellman.Create();
        try
        {
            var pem = File.ReadAllText(FilePath);
            if ((File.GetUnixFileMode(FilePath) & ForOthers) != UnixFileMode.None)
                throw new SealException(SealFault.KeyInvalid, $"Others may read {FilePath}: run 'chmod 0600 {FilePath}', and set the vault password anew if somebody did");
            key.ImportFromPem(pem);
            if (key.ExportParameters(includePrivateParameters: true) is { D: null } or { Curve.Oid.Value: not "1.2.840.10045.3.1.7" })
                throw new SealException(SealFault.KeyInvalid, $"{FilePath} is no private EC P-256 key");
            return key;
        }
        catch (Exception e)
        {
            key.Dispose();
            throw e switch
            {
                SealException => e,
                FileNotFoundException or DirectoryNotFoundException => new SealException(SealFault.KeyMissing, $"There is no key file {FilePath}", e),
                _ => new SealException(SealFault.KeyInvalid, $"{FilePath} cannot be read as a private EC P-256 key: {e.Message}", e),
            };
        }
    }

    private void Create()
    {
        var folder = home.Secrets;
        Directory.CreateDirectory(folder, Private | UnixFileMode.UserExecute);
        File.SetUnixFileMode(folder, Private | UnixFileMode.UserExecute);
        using var key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var temporary = Path.Combine(folder, $".seal.key.{Guid.NewGuid():N}");
        try
        {
            using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Private }))
            {
                file.Write(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
                file.Flush(flushToDisk: true);
            }

            // Where another process was first its key is as good.
            _ = Posix.TryRenameNew(temporary, FilePath);
        }
        finally
        {
            File.Delete(temporary);
        }

        // Secrets are sealed for this key next: it must not be lost with the power.
        Posix.SyncFolder(folder);
    }
}
