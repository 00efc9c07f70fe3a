namespace Osism.Contracts.Services;

/// <summary>Whether a service works, for <c>GET /v1/services/health</c>.</summary>
/// <param name="Service">Its name.</param>
/// <param name="Layer">Its layer.</param>
/// <param name="State">One of <see cref="ServiceStates"/>.</param>
/// <param name="Detail">What was seen, or why nothing could be.</param>
/// <param name="DurationMs">How long the look took.</param>
/// <param name="CheckedAt">When it began.</param>
/// <param name="Targets">What was tried, one host or address each.</param>
public sealed record ServiceHealthInfo(
    string Service, string Layer, string State, string Detail, long DurationMs, DateTimeOffset CheckedAt, IReadOnlyList<ServiceTargetInfo> Targets);

/// <param name="Target">Address or URL.</param>
/// <param name="Host">Of the inventory; null where no one host is meant.</param>
/// <param name="Healthy">Whether it answered as it should.</param>
/// <param name="Detail">What it answered, or why it did not.</param>
/// <param name="DurationMs">How long that took.</param>
public sealed record ServiceTargetInfo(string Target, string? Host, bool Healthy, string Detail, long DurationMs);

/// <summary>Values of <see cref="ServiceHealthInfo.State"/>.</summary>
public static class ServiceStates
{
    /// <summary>All targets answered as they should.</summary>
    public const string Healthy = "healthy";

    /// <summary>At least one did not.</summary>
    public const string Unhealthy = "unhealthy";

    /// <summary>Nobody can say: there is no probe, no host, or no value for an address.</summary>
    public const string Unknown = "unknown";
}
