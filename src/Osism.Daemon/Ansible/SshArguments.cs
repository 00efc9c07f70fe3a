using System.Globalization;
using System.Text.RegularExpressions;

namespace Osism.Daemon.Ansible;

/// <summary>Makes sure that a host which vanishes is noticed.</summary>
/// <remarks>Without these options a run waits for the kernel to give a connection up, about 15 minutes (measured, <c>reference/configuration.md</c> 7.4).</remarks>
internal static partial class SshArguments
{
    public const string Interval = "ServerAliveInterval";
    public const string Count = "ServerAliveCountMax";

    /// <summary>ssh_args where nobody sets any.</summary>
    public static string Default(SshOptions options) =>
        WithKeepalive($"-o ControlMaster=auto -o ControlPersist={Seconds(options.ControlPersist)}s", options);

    /// <summary>Adds what of the keepalive is not set.</summary>
    public static string WithKeepalive(string arguments, SshOptions options)
    {
        var result = arguments;
        if (Find(arguments, Interval) is null)
            result = $"{result} -o {Interval}={Seconds(options.AliveInterval)}";
        if (Find(arguments, Count) is null)
            result = $"{result} -o {Count}={options.AliveCount}";
        return result.Trim();
    }

    /// <summary>Value of an option; of several ssh takes the first.</summary>
    public static int? Find(string arguments, string option) =>
        NumberOption().Matches(arguments).FirstOrDefault(match => match.Groups["name"].Value.Equals(option, StringComparison.OrdinalIgnoreCase)) is { } found
            ? int.Parse(found.Groups["value"].Value, CultureInfo.InvariantCulture)
            : null;

    /// <summary>The longest a run can take to give up a host that went silent; null when it may wait for ever.</summary>
    /// <param name="arguments">Effective ssh_args.</param>
    /// <param name="connectTimeout">Seconds one attempt to connect may take.</param>
    /// <param name="retries">Further attempts.</param>
    public static int? Bound(string arguments, int connectTimeout, int retries)
    {
        var interval = Find(arguments, Interval) ?? 0;
        if (interval == 0)
            return null;
        // ssh's own default of ServerAliveCountMax is 3. The first proof is sent one interval after the last sign of life.
        var alive = interval * ((Find(arguments, Count) ?? 3) + 1);
        // Ansible pauses 2^n - 1 seconds before attempt n, 30 at most.
        var pauses = Enumerable.Range(0, retries).Sum(attempt => (int)Math.Min(30, Math.Pow(2, attempt) - 1));
        return alive + (retries * connectTimeout) + pauses;
    }

    private static long Seconds(TimeSpan time) => (long)time.TotalSeconds;

    [GeneratedRegex("""(?:(?<![A-Za-z])|(?<=-o))(?<name>ServerAliveInterval|ServerAliveCountMax)\s*[=\s]\s*"?(?<value>[0-9]{1,6})""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NumberOption();
}
