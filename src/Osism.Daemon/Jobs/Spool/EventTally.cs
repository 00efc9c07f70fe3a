using System.Text.Json;
using Osism.Contracts.Jobs;

namespace Osism.Daemon.Jobs.Spool;

/// <summary>What the callback's events say of the hosts of one run, gathered while they come in.</summary>
internal sealed class EventTally
{
    /// <summary>A longer line is not one of the callback's: it is not kept while its end is looked for.</summary>
    private const int LongestLine = 16 * 1024 * 1024;

    private readonly Dictionary<string, Counts> _hosts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _tasks = new(StringComparer.Ordinal);
    private readonly List<byte> _rest = [];
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
        _rest.Clear();
        (_stats, _noHosts) = (null, false);
    }

    /// <summary>The next bytes of <c>events.ndjson</c>; a line may be cut anywhere.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            if (end < 0)
            {
                if (_rest.Count + bytes.Length <= LongestLine)
                {
                    _rest.AddRange(bytes);
                }

                return;
            }

            if (_rest.Count > 0)
            {
                _rest.AddRange(bytes[..end]);
                Line(_rest.ToArray());
                _rest.Clear();
            }
            else
            {
                Line(bytes[..end].ToArray());
            }

            bytes = bytes[(end + 1)..];
        }
    }

    private void Line(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            switch (Text(root, "ev"))
            {
                case "task_start":
                    _tasks[Text(root, "task")] = Text(root, "name");
                    break;
                case "host_start":
                    // By the task's id: with the strategy "free" each host is at another task.
                    _open[Text(root, "h")] = _tasks.GetValueOrDefault(Text(root, "task"), "");
                    break;
                case "host":
                    _open.Remove(Text(root, "h"));
                    Host(Text(root, "h"), Text(root, "status"));
                    break;
                case "no_hosts":
                    _noHosts = true;
                    break;
                case "stats":
                    _stats = Stats(root);
                    break;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            // A line cut by a full disk or a killed process, or written by the run itself: what the other lines say still holds.
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

    private static List<JobHostInfo> Stats(JsonElement root)
    {
        var hosts = new List<JobHostInfo>();
        foreach (var entry in root.GetProperty("hosts").EnumerateObject())
        {
            int Of(string name) => entry.Value.TryGetProperty(name, out var value) && value.TryGetInt32(out var number) ? number : 0;
            hosts.Add(Info(
                Storable(entry.Name), Of("ok"), Of("changed"), Of("failed"), Of("unreachable"), Of("skipped"), Of("rescued"), Of("ignored")));
        }

        hosts.Sort((a, b) => string.CompareOrdinal(a.Host, b.Host));
        return hosts;
    }

    private static JobHostInfo Info(string host, int ok, int changed, int failed, int unreachable, int skipped, int rescued, int ignored) =>
        new(host, failed > 0 ? "failed" : unreachable > 0 ? "unreachable" : changed > 0 ? "changed" : ok > 0 ? "ok" : "skipped",
            ok, changed, failed, unreachable, skipped, rescued, ignored);

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? Storable(value.GetString()!) : "";

    /// <summary>PostgreSQL's text holds everything but NUL.</summary>
    private static string Storable(string text) => text.Replace('\0', '\uFFFD');

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
