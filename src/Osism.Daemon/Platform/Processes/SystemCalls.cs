using System.Runtime.InteropServices;

namespace Osism.Daemon.Platform.Processes;

/// <summary>Numbers of system calls on this architecture (asm/unistd.h), for programs that have no names for them.</summary>
internal sealed record SystemCalls(int Unshare, int Mount, int Setsid, int Setgroups, int Setresgid, int Setresuid)
{
    /// <summary>Null on an architecture whose numbers were never tried.</summary>
    public static SystemCalls? Current { get; } = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => new SystemCalls(Unshare: 272, Mount: 165, Setsid: 112, Setgroups: 116, Setresgid: 119, Setresuid: 117),
        // asm-generic: all that came after x86.
        Architecture.Arm64 or Architecture.RiscV64 or Architecture.LoongArch64 =>
            new SystemCalls(Unshare: 97, Mount: 40, Setsid: 157, Setgroups: 159, Setresgid: 149, Setresuid: 147),
        _ => null,
    };

    /// <summary>In the order in which the supervisor reads them.</summary>
    public IReadOnlyList<string> ToFields() => [$"{Unshare}", $"{Mount}", $"{Setsid}", $"{Setgroups}", $"{Setresgid}", $"{Setresuid}"];
}
