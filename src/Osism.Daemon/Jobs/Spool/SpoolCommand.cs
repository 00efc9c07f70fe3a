using System.Globalization;
using System.Text;
using Osism.Contracts.Runs;
using Osism.Daemon.Ansible;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Jobs.Spool;

/// <summary>What <c>supervise</c> is told: the file <c>command</c> of an attempt's folder.</summary>
/// <remarks>
/// Sections, each a count and as many fields, every one ended by a NUL, which none of them can hold: numbers of system calls; the cgroup's folder;
/// uid, gid and groups of the run, empty for those of the manager; mounts as source, target and <c>ro</c> or <c>rw</c>; working directory; environment; arguments.
/// </remarks>
internal static class SpoolCommand
{
    /// <param name="plan">What is run: exactly this environment, nothing is added.</param>
    /// <param name="user">As whom.</param>
    /// <param name="mounts">From <see cref="RunNamespace.Mounts"/>.</param>
    /// <param name="cgroup">In which cgroup.</param>
    /// <param name="asManager">As the manager's own user instead: a container engine's client, which makes the container that of <paramref name="user"/>, or the manager's own program.</param>
    /// <exception cref="PlatformNotSupportedException">Nobody has tried this processor architecture yet.</exception>
    public static byte[] Pack(RunPlanInfo plan, RunUser user, IReadOnlyList<SpoolMount> mounts, Cgroup cgroup, bool asManager = false)
    {
        var calls = SystemCalls.Current ?? throw new PlatformNotSupportedException("the supervisor of runs does not know the system calls of this processor architecture");
        var text = new StringBuilder();
        Section(calls.ToFields());
        Section(cgroup.Folder is { } folder ? [folder] : []);
        Section(user.IsOther && !asManager ? [$"{user.Account.Id}", $"{user.Account.Group}", .. user.Groups.Select(group => $"{group}")] : []);
        Section([.. mounts.SelectMany(mount => new[] { mount.Source, mount.Target, mount.ReadOnly ? "ro" : "rw" })]);
        Section([plan.Cwd]);
        Section([.. plan.Env.Select(variable => $"{variable.Key}={variable.Value}")]);
        Section(plan.Argv);
        return Encoding.UTF8.GetBytes(text.ToString());

        void Section(IReadOnlyList<string> fields)
        {
            text.Append(CultureInfo.InvariantCulture, $"{fields.Count}\0");
            foreach (var field in fields)
            {
                text.Append(field).Append('\0');
            }
        }
    }
}

/// <summary>A folder shown at another place in the run's mount namespace.</summary>
internal sealed record SpoolMount(string Source, string Target, bool ReadOnly);
