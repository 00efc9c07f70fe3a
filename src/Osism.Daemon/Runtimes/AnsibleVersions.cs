using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Runtimes;

/// <summary>Which ansible-core a runtime has. A program of this machine is asked once, and again when it changed.</summary>
internal sealed partial class AnsibleVersions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, (FileStamp? Stamp, string? Version)> _asked = new(StringComparer.Ordinal);

    /// <returns>Such as <c>2.14.18</c>; null when there is none that answers.</returns>
    public async Task<string?> OfAsync(Runtime runtime, CancellationToken cancellationToken)
    {
        if (runtime.Kind == RuntimeKind.Container)
            return runtime.Image!.Ansible;
        if (runtime.AnsiblePlaybook is not { } program)
            return null;
        var stamp = FileStamp.Of(program);
        if (_asked.TryGetValue(program, out var known) && known.Stamp == stamp)
            return known.Version;
        var version = await AskAsync(program, cancellationToken);
        _asked[program] = (stamp, version);
        return version;
    }

    /// <summary>Refuses a runtime whose Ansible is none of those its definition says it works with.</summary>
    /// <exception cref="OsismException"><c>runtime.unusable</c>.</exception>
    public async Task RequireAsync(Runtime runtime, CancellationToken cancellationToken)
    {
        if (runtime.Ansible is not { } wanted || VersionRange.Parse(wanted) is not { } range)
            return;
        var version = await OfAsync(runtime, cancellationToken);
        if (version is not null && range.Allows(version))
            return;
        throw new OsismException(
            ErrorCodes.RuntimeUnusable,
            $"the runtime {runtime.Name} works with ansible-core {wanted}, and {runtime.AnsiblePlaybook} {(version is null ? "does not tell its version" : $"is of {version}")}; "
            + $"install one that fits, or set runtimes.{runtime.Name}.ansible_playbook or runtimes.{runtime.Name}.ansible");
    }

    private static async Task<string?> AskAsync(string program, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(Patience);
        try
        {
            var answer = await ProcessRunner.RunAsync(new ProcessSpec(program, ["--version"]), over.Token);
            return CoreVersion().Match(answer.Output) is { Success: true } match ? match.Groups["version"].Value : null;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or FileNotFoundException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>What the first line of <c>ansible-playbook --version</c> says.</summary>
    [GeneratedRegex(@"\[core (?<version>[0-9][^\]]*)\]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    internal static partial Regex CoreVersion();
}
