namespace Osism.Daemon.Services;

/// <summary>A service as the catalogue and the configuration repository define it, before anything of the pod is looked up.</summary>
/// <param name="Name">Unique in the catalogue.</param>
internal sealed record ServiceEntry(string Name)
{
    public string? Description { get; init; }

    /// <summary>One of <see cref="ServiceIndex.Layers"/>.</summary>
    public string Layer { get; init; } = "";

    /// <summary>Whether its hosts are one cluster; otherwise each is by itself.</summary>
    public bool IsCluster { get; init; }

    /// <summary>The role that deploys it; null = the role of its name, where there is one.</summary>
    public string? Role { get; init; }

    /// <summary>Somebody said that no role deploys it.</summary>
    public bool HasNoRole { get; init; }

    /// <summary>In the place of the role's environment.</summary>
    public string? Environment { get; init; }

    /// <summary>The service whose role brings this one.</summary>
    public string? PartOf { get; init; }

    /// <summary>Groups of the inventory on whose hosts it runs.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    public IReadOnlyList<ServicePort> Ports { get; init; } = [];

    public IReadOnlyList<ServiceUrl> Urls { get; init; } = [];

    public ServiceProbe? Probe { get; init; }

    /// <summary>Variable with the version of its images.</summary>
    public string? Version { get; init; }

    /// <summary>Which containers are its own.</summary>
    public IReadOnlyList<ServiceContainers> Containers { get; init; } = [];

    /// <summary>Services that must be there first.</summary>
    public IReadOnlyList<string> Requires { get; init; } = [];

    /// <summary>Variable that takes it into plans and health, or out of them.</summary>
    public string? Switch { get; init; }

    /// <summary>Only when it is named or switched on.</summary>
    public bool IsOptional { get; init; }

    public bool IsRetired { get; init; }

    /// <summary>The service that takes, or took, its place.</summary>
    public string? Successor { get; init; }

    public bool IsEnabled { get; init; } = true;

    /// <summary>How it is deployed; null = by one run of its role.</summary>
    public IReadOnlyList<ServiceStep>? Deploy { get; init; }

    /// <summary>How it is upgraded; null = by one run of its role.</summary>
    public IReadOnlyList<ServiceStep>? Upgrade { get; init; }

    /// <summary>Whether the configuration repository defines it or a field of it.</summary>
    public bool IsOfRepository { get; init; }

    /// <summary>File that spoke of it last, as it is named to people.</summary>
    public string File { get; init; } = "";

    /// <summary>Line in <see cref="File"/>, from 1.</summary>
    public int Line { get; init; }
}

/// <param name="Name">What speaks there.</param>
/// <param name="Number">1 to 65535, unless the variable says another one.</param>
/// <param name="Variable">Variable of the configuration with another number.</param>
internal sealed record ServicePort(string Name, int Number, string? Variable);

/// <param name="Name">For whom it is.</param>
/// <param name="Texts">Of which the first counts whose variables have values.</param>
internal sealed record ServiceUrl(string Name, IReadOnlyList<ServiceText> Texts);

/// <summary>One run of a role on the way to a deployed or upgraded service.</summary>
internal sealed record ServiceStep(string Role)
{
    public string? Action { get; init; }

    public string? Environment { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];
}

/// <summary>What is wrong with a file of services; whatever else it says counts.</summary>
/// <param name="File">As it is named to people.</param>
/// <param name="Line">From 1.</param>
/// <param name="Message">Without file and line.</param>
internal sealed record ServiceFault(string File, int Line, string Message);
