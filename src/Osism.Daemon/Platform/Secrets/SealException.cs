namespace Osism.Daemon.Platform.Secrets;

/// <summary>Why a sealed secret cannot be opened.</summary>
internal enum SealFault
{
    /// <summary>There is no key file, and there should be one.</summary>
    KeyMissing,

    /// <summary>The key file cannot be read, is no EC P-256 key, or others may read it.</summary>
    KeyInvalid,

    /// <summary>The secret was sealed for another key.</summary>
    WrongKey,

    /// <summary>The sealed bytes were changed, cut short, made by a later version or belong to another context.</summary>
    Damaged,
}

/// <summary>A sealed secret, or the key for it, cannot be used.</summary>
internal sealed class SealException(SealFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public SealFault Fault { get; } = fault;
}
