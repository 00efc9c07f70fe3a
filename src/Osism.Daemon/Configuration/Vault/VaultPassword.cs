namespace Osism.Daemon.Configuration.Vault;

/// <summary>The password that opens the repository's vault files.</summary>
/// <param name="Value">As Ansible would use it: without white space around it.</param>
/// <param name="Source">Where it comes from.</param>
internal sealed record VaultPassword(string Value, VaultPasswordSource Source)
{
    // bytes.strip() of Python, which Ansible applies to what it reads from a password file or program.
    private const string Blanks = " \t\n\r\v\f";

    /// <summary>What Ansible makes of the content of a password file.</summary>
    public static string Normalize(string text) => text.Trim(Blanks.ToCharArray());

    /// <summary>Keeps the value out of logs and error messages.</summary>
    public override string ToString() => $"password ({Source.ToWire()})";
}

/// <summary>Where a vault password comes from.</summary>
internal enum VaultPasswordSource
{
    /// <summary><c>osism vault password set</c>.</summary>
    Stored,

    /// <summary><c>environments/.vault_pass</c> of the repository.</summary>
    File,
}

internal static class VaultPasswordSources
{
    /// <summary>The word used in <c>osism apply --explain</c>.</summary>
    public static string ToWire(this VaultPasswordSource source) => source switch
    {
        VaultPasswordSource.Stored => "stored",
        VaultPasswordSource.File => "file",
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, "There is no such source"),
    };
}
