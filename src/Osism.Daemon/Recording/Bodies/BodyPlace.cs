namespace Osism.Daemon.Recording.Bodies;

/// <summary>Where the line of events lies that a row stands for.</summary>
/// <param name="Stream">Whose events: a job's id, or that of a foreign recording.</param>
/// <param name="Start">Offset of its first byte in what is stored.</param>
/// <param name="Length">Bytes without the line end.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct BodyPlace(Guid Stream, long Start, int Length);
