namespace Osism.Daemon.Platform.Http;

/// <summary>A header that a route reads or writes by itself, for the description of the API.</summary>
/// <param name="Name">Of the header.</param>
/// <param name="Meaning">One line.</param>
/// <param name="IsAnswer">Whether the answer has it; else the request may have it.</param>
internal sealed record HeaderNote(string Name, string Meaning, bool IsAnswer = false);
