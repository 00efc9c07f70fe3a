namespace Osism.Daemon.Setup;

/// <summary>What somebody said of a new pod, on the command line or when asked; as it was typed.</summary>
internal sealed record PodRequest
{
    public string? Domain { get; init; }

    /// <summary><c>NAME=ADDRESS[:GROUP,...]</c>; an IPv6 address stands in brackets.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];

    /// <summary>A node, or <c>NAME=ADDRESS</c> of a machine of its own. Default: the first node.</summary>
    public string? Manager { get; init; }

    public string? InternalAddress { get; init; }

    /// <summary>Default: <see cref="InternalAddress"/>.</summary>
    public string? ExternalAddress { get; init; }

    /// <summary>Default: the /24 or /64 of the first node.</summary>
    public string? Network { get; init; }

    public string? Interface { get; init; }

    public IReadOnlyList<string> NameServers { get; init; } = [];

    public IReadOnlyList<string> TimeServers { get; init; } = [];

    public string? TimeZone { get; init; }

    /// <summary>Default: the newest that is known.</summary>
    public string? Release { get; init; }

    public string? OperatorUser { get; init; }

    /// <summary>A private key without a passphrase. Default: a new one.</summary>
    public string? OperatorKey { get; init; }

    public bool Ceph { get; init; } = true;

    public bool Kubernetes { get; init; } = true;

    /// <summary>Options without which no pod can be made.</summary>
    public IReadOnlyList<string> Missing =>
    [
        .. Domain is null ? ["--domain"] : (string[])[],
        .. Nodes.Count == 0 ? ["--node"] : (string[])[],
        .. InternalAddress is null ? ["--internal-address"] : (string[])[],
    ];
}
