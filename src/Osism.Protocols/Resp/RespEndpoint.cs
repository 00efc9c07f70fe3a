namespace Osism.Protocols.Resp;

/// <summary>Which database of which server.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">TCP port; 6379 by custom.</param>
/// <param name="Database">Number for SELECT.</param>
/// <param name="Password">For AUTH; null = none.</param>
/// <param name="Patience">How long one exchange, the connecting included, may take.</param>
public sealed record RespEndpoint(string Host, int Port, int Database, string? Password, TimeSpan Patience)
{
    /// <summary>Without the password, so that it may be shown.</summary>
    public override string ToString() => $"{Host}:{Port}/{Database}";
}
