using System.Collections.Concurrent;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Configuration;

/// <summary>Facts about YAML files, read once per change of a file.</summary>
internal sealed class YamlFiles(YamlScan scan, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (FileStamp Stamp, YamlFacts Facts)> _known = new(StringComparer.Ordinal);

    /// <summary>Facts of a file; null when there is none.</summary>
    /// <exception cref="OsismException"><c>repository.unreadable</c>: it is there but cannot be read.</exception>
    public async ValueTask<YamlFacts?> FindAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            if (FileStamp.Of(path) is not { } stamp)
                return null;
            if (_known.TryGetValue(path, out var known) && known.Stamp == stamp)
                return known.Facts;

            var readAt = time.GetUtcNow();
            var facts = await scan.ScanAsync(path, await File.ReadAllBytesAsync(path, cancellationToken), cancellationToken);
            // Kept only when no write can have slipped in between the stamp and the content.
            if (stamp.IsSettled(readAt) && FileStamp.Of(path) == stamp)
                _known[path] = (stamp, facts);
            else
                _known.TryRemove(path, out _);
            return facts;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new OsismException(ErrorCodes.RepositoryUnreadable, $"{path} cannot be read: {e.Message}", e) { File = path };
        }
    }
}
