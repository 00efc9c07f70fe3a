using System.Globalization;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Jobs.Spool;

/// <summary>Names of folders that get their own name when they are complete. They say who fills them: what a dead process left may hold secrets, and is nobody's.</summary>
internal static class SpoolDraft
{
    private const string Prefix = ".draft-";

    /// <summary>A name for this process, used once.</summary>
    public static string NewName() =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{ProcessIdentity.Current.Pid}-{ProcessIdentity.Current.StartTime}-{Guid.CreateVersion7():N}");

    /// <summary>Whether the process that filled a draft is gone. False for any other name.</summary>
    public static bool IsAbandoned(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal)
        && name[Prefix.Length..].Split('-') is [var pid, var start, _]
        && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && long.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out var since)
        && !new ProcessIdentity(number, since, ProcessIdentity.CurrentBoot).IsAlive;
}
