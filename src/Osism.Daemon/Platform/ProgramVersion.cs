using System.Reflection;

namespace Osism.Daemon.Platform;

/// <summary>Version of this program, as it was built.</summary>
internal static class ProgramVersion
{
    public static string Current { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
