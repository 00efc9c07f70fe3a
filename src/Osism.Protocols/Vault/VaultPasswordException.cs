namespace Osism.Protocols.Vault;

/// <summary>The password does not open a vault text: its authentication code differs. A text whose bytes were changed without breaking its form looks the same.</summary>
public sealed class VaultPasswordException(string message) : Exception(message);
