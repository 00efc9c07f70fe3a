namespace Osism.Contracts.Services;

/// <summary>A service of the pod, for <c>GET /v1/services/{name}</c>; what <c>osism services show NAME --format json</c> prints. Field names are fixed.</summary>
public sealed record ServiceInfo
{
    public required string Name { get; init; }

    public string? Description { get; init; }

    public required string Layer { get; init; }

    /// <summary><c>cluster</c> or <c>single</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The role that deploys it; null when none does.</summary>
    public string? Role { get; init; }

    /// <summary>Where the role leads.</summary>
    public string? Environment { get; init; }

    /// <summary>Where the role leads.</summary>
    public string? Runtime { get; init; }

    /// <summary>The service whose role brings this one.</summary>
    public string? PartOf { get; init; }

    /// <summary>Groups of the inventory on whose hosts it runs.</summary>
    public IReadOnlyList<string> Groups { get => field ?? []; init; }

    /// <summary>Hosts of the groups; null when the inventory cannot be asked.</summary>
    public IReadOnlyList<string>? Hosts { get; init; }

    public IReadOnlyList<ServicePortInfo> Ports { get => field ?? []; init; }

    public IReadOnlyList<ServiceUrlInfo> Urls { get => field ?? []; init; }

    /// <summary>How it is seen that it works; null when the catalogue has no probe for it.</summary>
    public string? Probe { get; init; }

    /// <summary>Variable with the version of its images.</summary>
    public string? VersionVariable { get; init; }

    /// <summary>What the configuration says of that variable; null when it says nothing.</summary>
    public string? Version { get; init; }

    /// <summary>Services that must be there first.</summary>
    public IReadOnlyList<string> Requires { get => field ?? []; init; }

    /// <summary>Whether plans and health take it without being told its name.</summary>
    public bool Wanted { get; init; }

    /// <summary>Why it is not wanted.</summary>
    public string? WantedDetail { get; init; }

    public bool Retired { get; init; }

    /// <summary>The service that takes, or took, its place.</summary>
    public string? Successor { get; init; }

    /// <summary><c>built-in</c> or <c>repository</c>.</summary>
    public required string Source { get; init; }
}

/// <param name="Name">What speaks there.</param>
/// <param name="Port">As the pod has it.</param>
public sealed record ServicePortInfo(string Name, int Port);

/// <param name="Name">For whom it is.</param>
/// <param name="Url">Null when variables it is made of have no value.</param>
/// <param name="Missing">Those variables.</param>
public sealed record ServiceUrlInfo(string Name, string? Url, string? Missing);

/// <summary>Answer of <c>GET /v1/services</c>.</summary>
/// <param name="Items">In the order in which a pod is built.</param>
/// <param name="Next">Always null: they come on one page.</param>
/// <param name="Layers">In the same order.</param>
/// <param name="Problems">What does not count of <c>environments/services.yml</c>; empty when it is sound.</param>
public sealed record ServicePage(IReadOnlyList<ServiceInfo> Items, string? Next, IReadOnlyList<string> Layers, IReadOnlyList<ServiceProblemInfo> Problems);

/// <param name="File">Relative to the configuration repository.</param>
/// <param name="Line">From 1.</param>
/// <param name="Message">One line for people.</param>
public sealed record ServiceProblemInfo(string File, int Line, string Message);
