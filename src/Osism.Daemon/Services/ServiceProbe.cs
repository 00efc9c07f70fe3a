using System.Runtime.InteropServices;

namespace Osism.Daemon.Services;

/// <summary>How to see from the manager that a service works.</summary>
/// <param name="Kind">What counts as working.</param>
/// <param name="Target"><c>ADDRESS:PORT</c> of <see cref="ProbeKind.Tcp"/>, the URL of <see cref="ProbeKind.Http"/>.</param>
internal sealed record ServiceProbe(ProbeKind Kind, ServiceText Target)
{
    /// <summary>Answers that count as working. Default 200 to 399; redirections are not followed.</summary>
    public static readonly IReadOnlyList<StatusRange> GoodStatus = [new StatusRange(200, 399)];

    public IReadOnlyList<StatusRange> Status { get; init; } = GoodStatus;

    /// <summary>Whether the certificate must be one that this machine trusts. Default true.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>How long one target may take; null = as the setting <c>services.probe_timeout</c> says.</summary>
    public TimeSpan? Timeout { get; init; }

    public override string ToString() => Kind == ProbeKind.Tcp
        ? $"tcp {Target}"
        : $"http {Target} {string.Join(", ", Status)}{(Verify ? "" : ", any certificate")}";
}

internal enum ProbeKind
{
    /// <summary>Takes a connection.</summary>
    Tcp,

    /// <summary>Answers GET with a good status.</summary>
    Http,
}

/// <summary>Numbers of HTTP status, both ends included.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StatusRange(int First, int Last)
{
    public bool Has(int status) => status >= First && status <= Last;

    public override string ToString() => First == Last ? $"{First}" : $"{First}-{Last}";
}
