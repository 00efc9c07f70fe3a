using Osism.Contracts.Jobs;
using Osism.Daemon.Recording.Events;

namespace Osism.Daemon.Jobs.Spool;

/// <summary>What the callback's events say of the hosts of one run, gathered while they come in.</summary>
internal sealed class EventTally
{
    private readonly Dictionary<string, Counts> _hosts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _tasks = new(StringComparer.Ordinal);
    private List<JobHostInfo>? _stats;
    private bool _noHosts;

    /// <summary>Whether Ansible came to its recap.</summary>
    public bool HasStats => _stats is not null;

    /// <summary>A play matched no host.</summary>
    public bool NoHosts => _noHosts;

    /// <summary>Hosts on which a task was started whose result never came, with the task.</summary>
    public IReadOnlyDictionary<string, string> Open => _open;

    /// <summary>Per host, from the recap, or from the results seen when there is none.</summary>
    public IReadOnlyList<JobHostInfo> Hosts =>
        _stats ?? [.. _hosts.OrderBy(host => host.Key, StringComparer.Ordinal).Select(host => host.Value.ToInfo(host.Key))];

    public HostCounts Summary()
    {
        int ok = 0, changed = 0, failed = 0, unreachable = 0, skipped = 0;
        foreach (var host in Hosts)
        {
            if (host.Failed > 0)
            {
                failed++;
            }
            else if (host.Unreachable > 0)
            {
                unreachable++;
            }
            else if (host.Ok > 0)
            {
                ok++;
                changed += host.Changed > 0 ? 1 : 0;
            }
            else
            {
                skipped++;
            }
        }

        return new HostCounts(ok, changed, failed, unreachable, skipped);
    }

    /// <summary>Forgets everything: the events will be given again from the start.</summary>
    public void Clear()
    {
        _hosts.Clear();
        _open.Clear();
        _tasks.Clear();
        (_stats, _noHosts) = (null, false);
    }

    /// <summary>The next event.</summary>
    public void Add(RunEvent @event)
    {
        switch (@event.Kind)
        {
            case RunEventKind.TaskStart:
                _tasks[@event.Task] = @event.Name;
                break;
            case RunEventKind.HostStart:
                // By the task's id: with the strategy "free" each host is at another task.
                _open[@event.Host] = _tasks.GetValueOrDefault(@event.Task, "");
                break;
            case RunEventKind.Host:
                _open.Remove(@event.Host);
                Host(@event.Host, @event.Status);
                break;
            case RunEventKind.NoHosts:
                _noHosts = true;
                break;
            case RunEventKind.Stats:
                _stats = Stats(@event.Recap);
                break;
        }
    }

    private void Host(string host, string status)
    {
        if (!_hosts.TryGetValue(host, out var counts))
        {
            _hosts[host] = counts = new Counts();
        }

        counts.Add(status);
    }

    private static List<JobHostInfo> Stats(IReadOnlyDictionary<string, HostRecap> recap) =>
    [
        .. recap.OrderBy(host => host.Key, StringComparer.Ordinal).Select(host => Info(
            host.Key, host.Value.Ok, host.Value.Changed, host.Value.Failed, host.Value.Unreachable, host.Value.Skipped, host.Value.Rescued, host.Value.Ignored)),
    ];

    private static JobHostInfo Info(string host, int ok, int changed, int failed, int unreachable, int skipped, int rescued, int ignored) =>
        new(host, failed > 0 ? "failed" : unreachable > 0 ? "unreachable" : changed > 0 ? "changed" : ok > 0 ? "ok" : "skipped",
            ok, changed, failed, unreachable, skipped, rescued, ignored);

    private sealed class Counts
    {
        private int _ok, _changed, _failed, _unreachable, _skipped, _ignored;

        public void Add(string status)
        {
            switch (status)
            {
                case "ok":
                    _ok++;
                    break;
                case "changed":
                    _ok++;
                    _changed++;
                    break;
                case "failed":
                    _failed++;
                    break;
                case "unreachable":
                    _unreachable++;
                    break;
                case "skipped":
                    _skipped++;
                    break;
                case "ignored":
                    _ok++;
                    _ignored++;
                    break;
            }
        }

        public JobHostInfo ToInfo(string host) => Info(host, _ok, _changed, _failed, _unreachable, _skipped, 0, _ignored);
    }
}
