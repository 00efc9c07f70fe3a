namespace Osism.Contracts.Vault;

/// <summary>Whether the manager holds the vault password.</summary>
/// <param name="Set">True when one is stored.</param>
/// <param name="Since">When it was stored.</param>
/// <param name="By">By whom.</param>
public sealed record VaultInfo(bool Set, DateTimeOffset? Since, string? By);

/// <summary>What <c>PUT /v1/vault/password</c> takes. Never logged, never echoed.</summary>
public sealed record SetVaultPassword(string Password);

/// <summary>Path of a file, relative to the configuration repository.</summary>
public sealed record VaultFile(string Path);

/// <summary>The plain text of a vault file.</summary>
/// <param name="Encrypted">False when the file was not encrypted: the content is the file as it is.</param>
public sealed record VaultContent(string Path, bool Encrypted, string Content);

/// <summary>What <c>vault check</c> found.</summary>
/// <param name="Code"><c>passed</c>, or <c>keyfile_missing</c>, <c>invalid_keyfile</c>, <c>password_not_set</c>, <c>decryption_failed</c>,
/// <c>password_empty</c>, <c>wrong_password</c>.</param>
/// <param name="Message">One line for people.</param>
/// <param name="Path">The file it was tried on, null when none is encrypted.</param>
public sealed record VaultCheck(bool Passed, string Code, string Message, string? Path, IReadOnlyList<string> Warnings);
