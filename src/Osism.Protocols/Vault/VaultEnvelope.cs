namespace Osism.Protocols.Vault;

/// <summary>A vault text taken apart but not yet opened.</summary>
/// <param name="Version">Format version, <c>1.1</c> or <c>1.2</c>.</param>
/// <param name="Cipher">Always <c>AES256</c>, the only one the format still knows.</param>
/// <param name="Label">Vault id of a 1.2 text, null where none is written. It is a hint and not authenticated.</param>
/// <param name="Salt">Salt of the key derivation; <c>ansible-vault</c> writes 32 bytes.</param>
/// <param name="AuthenticationCode">HMAC-SHA256 over <paramref name="Ciphertext"/>, 32 bytes.</param>
/// <param name="Ciphertext">AES-256-CTR over the padded plain text: a positive multiple of 16 bytes.</param>
public sealed record VaultEnvelope(
    string Version,
    string Cipher,
    string? Label,
    ReadOnlyMemory<byte> Salt,
    ReadOnlyMemory<byte> AuthenticationCode,
    ReadOnlyMemory<byte> Ciphertext);
