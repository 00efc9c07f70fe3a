using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;

namespace Osism.Daemon.Services;

/// <summary>The services that come with the manager, with what the configuration repository says of them laid over.</summary>
internal sealed partial class ServiceCatalog(ConfigurationRepository repository, TimeProvider time, ILogger<ServiceCatalog> log)
{
    private const string Resource = "catalog/services.yml";
    private static readonly Lazy<ServiceDefinitions> BuiltIn = new(LoadBuiltIn);

    private readonly Lock _gate = new();
    private (FileStamp? Stamp, ServiceIndex Index)? _known;
    private IReadOnlyList<ServiceFault> _told = [];

    private string File => Path.Combine(repository.Environments, "services.yml");

    /// <summary>As the file of the repository is now. What is wrong with it is logged once for each of its states.</summary>
    public ServiceIndex Current()
    {
        lock (_gate)
        {
            try
            {
                var readAt = time.GetUtcNow();
                var stamp = FileStamp.Of(File);
                if (_known is { } known && known.Stamp == stamp)
                {
                    return known.Index;
                }

                var definitions = stamp is null ? BuiltIn.Value
                    : ServicesFile.Read(System.IO.File.ReadAllText(File), repository.Relative(File), BuiltIn.Value with { Faults = [] }, isOfRepository: true);
                var index = ServiceIndex.Of(definitions);
                Tell(index.Faults);
                _known = stamp is null || (stamp.Value.IsSettled(readAt) && FileStamp.Of(File) == stamp) ? (stamp, index) : null;
                return index;
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                // Those that come with the manager are there all the same.
                return ServiceIndex.Of(BuiltIn.Value with { Faults = [new ServiceFault(repository.Relative(File), 1, $"it cannot be read: {e.Message}")] });
            }
        }
    }

    /// <summary>What is wrong with the file of the repository, as it is now.</summary>
    public IReadOnlyList<ServiceFault> FaultsOfRepository() => [.. Current().Faults.Where(fault => fault.File != Resource)];

    /// <summary>One service.</summary>
    /// <exception cref="OsismException"><c>service.unknown</c>, with names that are near.</exception>
    public static ServiceEntry Require(ServiceIndex index, string name)
    {
        if (index.Find(name) is { } found)
        {
            return found;
        }

        var nearest = NearestNames.Find(name, index.Services.Select(service => service.Name));
        var hint = nearest.Count == 0 ? "'osism services list --all' shows them" : $"did you mean {string.Join(", ", nearest)}?";
        throw new OsismException(ErrorCodes.ServiceUnknown, $"there is no service '{name}'; {hint}") { Nearest = nearest };
    }

    /// <exception cref="OsismException"><c>request.invalid</c>: there is no such layer.</exception>
    public static void RequireLayer(ServiceIndex index, string? layer)
    {
        if (layer is not null && !index.Layers.Contains(layer, StringComparer.Ordinal))
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"there is no layer '{layer}'; there are {string.Join(", ", index.Layers)}")
            {
                Nearest = NearestNames.Find(layer, index.Layers),
            };
        }
    }

    private void Tell(IReadOnlyList<ServiceFault> faults)
    {
        if (faults.SequenceEqual(_told))
        {
            return;
        }

        _told = faults;
        foreach (var fault in faults)
        {
            LogFault(fault.File, fault.Line, fault.Message);
        }
    }

    private static ServiceDefinitions LoadBuiltIn()
    {
        using var resource = typeof(ServiceCatalog).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The program lacks its resource {Resource}");
        using var reader = new StreamReader(resource);
        return ServicesFile.Read(reader.ReadToEnd(), Resource, ServiceDefinitions.None, isOfRepository: false);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File}, line {Line}: {Message}")]
    private partial void LogFault(string file, int line, string message);
}
