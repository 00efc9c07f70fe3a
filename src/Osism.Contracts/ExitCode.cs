namespace Osism.Contracts;

/// <summary>Exit codes of <c>osism</c>. Scripts rely on them: they may grow, never change.</summary>
public static class ExitCode
{
    public const int Success = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int Locked = 3;

    /// <summary>The vault has no password where one is needed, or the wrong one.</summary>
    public const int Vault = 4;
    public const int TimedOut = 5;
    public const int Cancelled = 6;

    /// <summary>Lost or disconnected.</summary>
    public const int Lost = 7;
    public const int Unreachable = 8;

    /// <summary>No such role, environment, file, job or host.</summary>
    public const int NotFound = 9;

    /// <summary>The configuration repository cannot be used as it is.</summary>
    public const int Configuration = 10;
    public const int Denied = 11;

    /// <summary>The manager or its database cannot be reached.</summary>
    public const int Away = 12;
    public const int Internal = 13;

    /// <summary>The client left; the job goes on.</summary>
    public const int Detached = 130;
}
