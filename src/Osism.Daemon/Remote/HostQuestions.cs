using Microsoft.Extensions.Options;
using Osism.Daemon.Ansible;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Remote;

/// <summary>Asks many hosts the same and collects what they say, for somebody who does not sit at a terminal.</summary>
internal sealed class HostQuestions(OperatorAccesses accesses, OsismHome home, TimeProvider time, IOptions<SshOptions> ssh, IOptions<ConsoleOptions> options) : IDisposable
{
    /// <summary>An engine that hangs must not be waited for without an end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>ssh's own errors end with this.</summary>
    private const int SshFailed = 255;

    // All who ask share them.
    private readonly SemaphoreSlim _places = new(ManyHosts.AtOnce);

    /// <param name="hosts">Whom.</param>
    /// <param name="make">The command for one of them; it ends by itself, and with another code than 255.</param>
    /// <param name="config">Effective ansible.cfg.</param>
    /// <param name="cancellationToken">Ends it on all of them.</param>
    /// <returns>In the order of the hosts. One that says nothing costs none of the others.</returns>
    /// <exception cref="OsismException">There is no way to log in anywhere: see <see cref="OperatorAccesses.FindAsync"/>.</exception>
    public async Task<IReadOnlyList<HostReply>> AskAsync(
        IReadOnlyList<RemoteHost> hosts, Func<RemoteHost, IReadOnlyList<string>> make, MergedConfig config, CancellationToken cancellationToken)
    {
        if (hosts.Count == 0)
            return [];
        var access = hosts.All(host => host.IsLocal) ? new OperatorAccess(null, null, null) : await accesses.FindAsync(config, withVault: false, cancellationToken);
        using var folder = SshFolder.Make(hosts, access, home, ssh.Value, options.Value);
        var command = new HostCommand(folder, shell: null);
        return await Task.WhenAll(hosts.Select(host => AskAsync(host, command.Words(host, make(host), hasTerminal: false, hasInput: false), cancellationToken)));
    }

    public void Dispose() => _places.Dispose();

    private async Task<HostReply> AskAsync(RemoteHost host, ProcessSpec spec, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        using var timeout = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var result = await ProcessRunner.RunAsync(spec, either.Token);
            return result.ExitCode == 0 ? new HostReply(result.Output, IsReached: true, null)
                : new HostReply(null, host.IsLocal || result.ExitCode != SshFailed, LastLine(result));
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new HostReply(null, IsReached: true, $"no answer within {Patience.TotalSeconds:0} s");
        }
        finally
        {
            _places.Release();
        }
    }

    private static string LastLine(ProcessResult result) =>
        result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? $"exit code {result.ExitCode}";
}

/// <summary>What came of asking a host.</summary>
/// <param name="Output">What it said; null when it did not.</param>
/// <param name="IsReached">Whether somebody could log in.</param>
/// <param name="Fault">Why it said nothing.</param>
internal sealed record HostReply(string? Output, bool IsReached, string? Fault);
