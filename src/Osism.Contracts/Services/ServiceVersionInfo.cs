namespace Osism.Contracts.Services;

/// <summary>A container of a service and whether it is of the version the configuration asks for, for <c>GET /v1/services/versions</c>. Field names are fixed.</summary>
/// <param name="Service">Whose it is; null when no service of the catalogue names it.</param>
/// <param name="Layer">Layer of the service.</param>
/// <param name="Host">Of the inventory; null when the service has none.</param>
/// <param name="Container">Its name; null where there is none to speak of.</param>
/// <param name="Running">Tag of the image it was started from.</param>
/// <param name="Wanted">Tag that the configuration asks for on this host; null when nobody can say.</param>
/// <param name="Image">Image it was started from, as the engine was told.</param>
/// <param name="State">One of <see cref="VersionStates"/>.</param>
/// <param name="Detail">Why it is not <see cref="VersionStates.Current"/>.</param>
public sealed record ServiceVersionInfo(
    string? Service, string? Layer, string? Host, string? Container, string? Running, string? Wanted, string? Image, string State, string? Detail);

/// <summary>Values of <see cref="ServiceVersionInfo.State"/>.</summary>
public static class VersionStates
{
    /// <summary>It runs what is wanted.</summary>
    public const string Current = "current";

    /// <summary>It runs another tag.</summary>
    public const string Drifted = "drifted";

    /// <summary>The tag is the wanted one, and the host has another image by that name now.</summary>
    public const string Stale = "stale";

    /// <summary>No container of a wanted service runs on a host of its groups.</summary>
    public const string Missing = "missing";

    /// <summary>Nobody can say what is wanted, or what runs.</summary>
    public const string Unknown = "unknown";

    /// <summary>The host could not be reached.</summary>
    public const string Unreachable = "unreachable";
}
