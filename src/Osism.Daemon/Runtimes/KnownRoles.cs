using YamlDotNet.RepresentationModel;

namespace Osism.Daemon.Runtimes;

/// <summary>The roles of the catalog (<c>catalog/roles.yml</c>): what belongs where, installed or not.</summary>
internal static class KnownRoles
{
    private const string Resource = "catalog/roles.yml";

    private static readonly Lazy<IReadOnlyList<RoleEntry>> Entries = new(Load);

    public static IReadOnlyList<RoleEntry> All => Entries.Value;

    private static List<RoleEntry> Load()
    {
        using var resource = typeof(KnownRoles).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The program lacks its resource {Resource}");
        using var reader = new StreamReader(resource);
        var yaml = new YamlStream();
        yaml.Load(reader);
        return [..
            from runtime in (YamlMappingNode)yaml.Documents[0].RootNode
            from environment in (YamlMappingNode)runtime.Value
            from role in (YamlSequenceNode)environment.Value
            select new RoleEntry(((YamlScalarNode)role).Value!, ((YamlScalarNode)environment.Key).Value!, ((YamlScalarNode)runtime.Key).Value!, RoleSource.Catalog)];
    }
}
