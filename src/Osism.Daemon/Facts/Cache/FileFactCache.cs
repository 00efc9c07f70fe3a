using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Facts.Cache;

/// <summary>Ansible's <c>jsonfile</c> cache of this machine: a folder with a file for each host.</summary>
internal sealed class FileFactCache(OsismHome home) : IFactCache
{
    /// <summary>The folder.</summary>
    public string Folder { get; } = Path.Combine(home.Cache, "facts");

    public async Task<byte[]?> FindAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            return FileOf(host) is { } file && File.Exists(file) ? await File.ReadAllBytesAsync(file, cancellationToken) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Away(e);
        }
    }

    public Task<int> RemoveAsync(IReadOnlyList<string>? hosts, CancellationToken cancellationToken) => Task.FromResult(Remove(hosts, DateTime.MaxValue));

    /// <summary>Takes away what was written until then.</summary>
    public int Remove(IReadOnlyList<string>? hosts, DateTime until)
    {
        try
        {
            var files = hosts is not null ? hosts.Select(FileOf).OfType<string>().Where(File.Exists) : Directory.Exists(Folder) ? Directory.EnumerateFiles(Folder) : [];
            var removed = 0;
            foreach (var file in files.ToList())
            {
                if (File.GetLastWriteTimeUtc(file) > until)
                    continue;
                File.Delete(file);
                removed++;
            }

            return removed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Away(e);
        }
    }

    /// <summary>Null for what is no name of a file: no host has it.</summary>
    private string? FileOf(string host) => host.Contains('/', StringComparison.Ordinal) || host is "." or ".." or "" || host.Contains('\0', StringComparison.Ordinal) ? null : Path.Combine(Folder, host);

    private OsismException Away(Exception e) => new(ErrorCodes.FactCacheAway, $"the fact cache {Folder} cannot be used: {e.Message}", e);
}
