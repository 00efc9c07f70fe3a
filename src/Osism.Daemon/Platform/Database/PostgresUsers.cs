using Microsoft.Win32.SafeHandles;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Platform.Database;

/// <summary>The processes of a home that work with its embedded server: the last one that stops orderly stops the server too.</summary>
/// <remarks>Each holds a shared lock on one file, which ends with its process however that ends.</remarks>
internal sealed class PostgresUsers : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    private readonly string _path;
    private SafeFileHandle _file;

    private PostgresUsers(string path, SafeFileHandle file) => (_path, _file) = (path, file);

    /// <summary>Becomes one of them; waits while another is stopping the server.</summary>
    public static async Task<PostgresUsers> EnterAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        var file = Open(path);
        try
        {
            while (!Posix.TryShare(file))
            {
                await Task.Delay(Step, time, cancellationToken);
            }

            return new PostgresUsers(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Ceases to be one of them.</summary>
    /// <returns>Whether no other one is left. Nobody comes until this is disposed.</returns>
    public bool Leave()
    {
        // Let go first and asked then: of two that leave at the same time at least one finds that nobody is left.
        _file.Dispose();
        _file = Open(_path);
        return Posix.TryLock(_file);
    }

    public void Dispose() => _file.Dispose();

    private static SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
}
