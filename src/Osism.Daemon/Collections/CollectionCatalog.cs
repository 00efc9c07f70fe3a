using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Collections;

/// <summary>The collections there are: those that come with the manager, and those of the configuration repository, which win.</summary>
internal sealed class CollectionCatalog(ConfigurationRepository repository, RoleTable roles, TimeProvider time)
{
    private const string Resource = "catalog/collections.yml";
    private static readonly Lazy<IReadOnlyList<CollectionGraph>> BuiltIn = new(LoadBuiltIn);

    private readonly Lock _gate = new();
    private (FileStamp Stamp, IReadOnlyList<CollectionGraph> Collections)? _known;

    private string File => Path.Combine(repository.Environments, "collections.yml");

    /// <summary>All of them, by name; broken ones carry their fault.</summary>
    /// <exception cref="OsismException">The repository's file cannot be read at all: <c>yaml.broken</c>, <c>collection.broken</c>, <c>repository.unreadable</c>.</exception>
    public IReadOnlyList<CollectionGraph> List() =>
        [.. BuiltIn.Value.Concat(OfRepository()).GroupBy(collection => collection.Name, StringComparer.Ordinal)
            .Select(same => same.Last()).OrderBy(collection => collection.Name, StringComparer.Ordinal)];

    /// <summary>Whether <c>osism apply NAME</c> means a collection. As in the original a collection wins over a role of its name.</summary>
    /// <remarks>A broken file must not stand in the way of roles: it is complained about only where the name might be in it.</remarks>
    /// <exception cref="OsismException">The repository's file cannot be read, and no role has the name.</exception>
    public bool IsCollection(string name)
    {
        if (BuiltIn.Value.Any(collection => collection.Name == name))
        {
            return true;
        }

        try
        {
            return OfRepository().Any(collection => collection.Name == name);
        }
        catch (OsismException) when (roles.Current().Find(name) is not null)
        {
            return false;
        }
    }

    /// <summary>A collection, sound or not.</summary>
    /// <exception cref="OsismException"><c>collection.not_found</c>, or the repository's file cannot be read.</exception>
    public CollectionGraph Find(string name)
    {
        var all = List();
        if (all.FirstOrDefault(collection => collection.Name == name) is { } found)
        {
            return found;
        }

        var nearest = NearestNames.Find(name, all.Select(collection => collection.Name));
        var hint = nearest.Count == 0 ? "'osism collection list' shows them" : $"did you mean {string.Join(", ", nearest)}?";
        throw new OsismException(ErrorCodes.CollectionNotFound, $"there is no collection '{name}'; {hint}") { Nearest = nearest };
    }

    /// <summary>A collection that can be run as far as its graph tells.</summary>
    /// <exception cref="OsismException"><c>collection.not_found</c>; <c>collection.broken</c> with file and line.</exception>
    public CollectionGraph Require(string name)
    {
        var collection = Find(name);
        return collection.Fault is null ? collection : throw ToException(collection);
    }

    /// <summary>The fault of a collection as an error.</summary>
    public OsismException ToException(CollectionGraph collection)
    {
        var (fault, file) = (collection.Fault!, repository.Relative(File));
        return new OsismException(ErrorCodes.CollectionBroken, $"collection {collection.Name} ({file}, line {fault.Line}): {fault.Message}")
        {
            File = file,
            Line = fault.Line,
        };
    }

    private IReadOnlyList<CollectionGraph> OfRepository()
    {
        lock (_gate)
        {
            try
            {
                if (FileStamp.Of(File) is not { } stamp)
                {
                    return [];
                }

                if (_known is { } known && known.Stamp == stamp)
                {
                    return known.Collections;
                }

                var readAt = time.GetUtcNow();
                var collections = CollectionsFile.Parse(System.IO.File.ReadAllText(File), repository.Relative(File), CollectionSource.Repository);
                _known = stamp.IsSettled(readAt) && FileStamp.Of(File) == stamp ? (stamp, collections) : null;
                return collections;
            }
            catch (FileNotFoundException)
            {
                return [];
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                var file = repository.Relative(File);
                throw new OsismException(ErrorCodes.RepositoryUnreadable, $"{file} cannot be read: {e.Message}", e) { File = file };
            }
        }
    }

    private static IReadOnlyList<CollectionGraph> LoadBuiltIn()
    {
        using var resource = typeof(CollectionCatalog).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The program lacks its resource {Resource}");
        using var reader = new StreamReader(resource);
        return CollectionsFile.Parse(reader.ReadToEnd(), Resource, CollectionSource.BuiltIn);
    }
}
