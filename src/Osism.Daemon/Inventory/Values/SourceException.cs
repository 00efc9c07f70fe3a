namespace Osism.Daemon.Inventory.Values;

/// <summary>A text that Ansible refuses.</summary>
/// <param name="message">What is wrong, one line.</param>
/// <param name="line">Line of the file, from 1; 0 where the file as a whole is meant.</param>
internal sealed class SourceException(string message, int line = 0) : Exception(message)
{
    public int Line { get; } = line;

    /// <summary>Nothing is wrong with the text but that it cannot be opened.</summary>
    public bool IsSealed { get; init; }
}
