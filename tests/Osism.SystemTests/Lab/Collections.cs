namespace Osism.SystemTests.Lab;

/// <summary>Tests of one collection share nodes, a pod and a manager, and run one after the other; collections run side by side.</summary>
internal static class Collections
{
    /// <summary>A manager that stays up.</summary>
    public const string Site = "site";

    /// <summary>Managers and databases that are killed.</summary>
    public const string Crashes = "crashes";

    /// <summary>Managers with settings of their own, nodes that vanish.</summary>
    public const string Unusual = "unusual";
}

[CollectionDefinition(Collections.Site)]
public sealed class SiteCollection : ICollectionFixture<SiteFixture>;

[CollectionDefinition(Collections.Crashes)]
public sealed class CrashesCollection : ICollectionFixture<SiteFixture>;

[CollectionDefinition(Collections.Unusual)]
public sealed class UnusualCollection : ICollectionFixture<SiteFixture>;
