using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Osism.Daemon.Configuration;
using Osism.Daemon.Runtimes;
using Osism.Daemon.Services;
using Osism.Testing;

namespace Osism.Tests.Services;

/// <summary>A configuration repository without an inventory, and the services of its pod.</summary>
internal sealed class PodFolder : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ConfigurationRepository _repository;
    private readonly ConfigurationValues _values;

    public PodFolder()
    {
        Directory.CreateDirectory(_folder["environments"]);
        _repository = new ConfigurationRepository(Options.Create(new ConfigurationOptions { Path = _folder.Path }));
        _values = new ConfigurationValues(_repository, TimeProvider.System);
        Catalog = new ServiceCatalog(_repository, TimeProvider.System, NullLogger<ServiceCatalog>.Instance);
    }

    public ServiceCatalog Catalog { get; }

    /// <summary>As it is now, with all roles of the catalog.</summary>
    public ServicePod Look() => new(
        Catalog.Current(), new RoleIndex(KnownRoles.All, new Dictionary<string, IReadOnlyDictionary<string, RoleNote>>(StringComparer.Ordinal)), _values, null, "there is none");

    public void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        File.WriteAllText(_folder[name], text);
    }

    public void Dispose() => _folder.Dispose();
}
