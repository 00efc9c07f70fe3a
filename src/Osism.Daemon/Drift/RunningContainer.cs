using Osism.Contracts.Services;

namespace Osism.Daemon.Drift;

/// <summary>A container that runs on a host.</summary>
/// <param name="Name">Unique on its host.</param>
/// <param name="Image">What the engine was told to start.</param>
/// <param name="ImageId">The content that was started.</param>
/// <param name="PresentId">The content that the host has by this name now; null when it has none.</param>
internal sealed record RunningContainer(string Name, string Image, string ImageId, string? PresentId)
{
    public string? Tag { get; } = ImageReference.Parse(Image).Tag;

    /// <summary>Compares what runs with what is wanted.</summary>
    /// <returns>One of <see cref="VersionStates"/>, and why it is not <see cref="VersionStates.Current"/>.</returns>
    public (string State, string? Detail) Compare(WantedTag wanted) =>
        wanted.Tag is null ? (VersionStates.Unknown, wanted.Reason)
        : Tag is null ? (VersionStates.Unknown, $"it was started from {Image}, which names no tag")
        : Tag != wanted.Tag ? (VersionStates.Drifted, $"{wanted.Tag} is wanted, {Tag} runs")
        : PresentId is not null && PresentId != ImageId ? (VersionStates.Stale, $"the host has another image by this name since it was started: {Short(PresentId)}, {Short(ImageId)} runs")
        : (VersionStates.Current, null);

    private static string Short(string id) => id[..Math.Min(id.Length, 12)];
}
