using System.Globalization;
using Osism.Daemon.Platform;
using Osism.Daemon.Schedules.Times;
using YamlDotNet.RepresentationModel;

namespace Osism.Daemon.Schedules;

/// <summary>One entry of the file.</summary>
internal sealed class ScheduleEntry
{
    private static readonly string[] Keys =
    [
        "name", "cron", "every", "timezone", "role", "collection", "environment", "sub", "action", "arguments", "retry", "task_timeout", "dry_run",
        "misfire", "overlap", "jitter", "paused",
    ];

    private readonly YamlMappingNode _node;
    private readonly List<ScheduleProblem> _problems;
    private readonly Dictionary<string, YamlNode> _values = new(StringComparer.Ordinal);

    private ScheduleEntry(YamlMappingNode node, List<ScheduleProblem> problems) => (_node, _problems) = (node, problems);

    /// <summary>Null when something is wrong with it, which then is among the problems.</summary>
    public static ScheduleDefinition? Read(YamlNode node, Func<ScheduledWork, string?> refuse, List<ScheduleProblem> problems)
    {
        if (node is not YamlMappingNode mapping)
        {
            problems.Add(new ScheduleProblem(ScheduleFile.RelativePath, (int)node.Start.Line, "a schedule must be a mapping that begins with 'name:'"));
            return null;
        }

        var before = problems.Count;
        var entry = new ScheduleEntry(mapping, problems);
        var definition = entry.Read(refuse);
        return problems.Count == before ? definition : null;
    }

    private ScheduleDefinition? Read(Func<ScheduledWork, string?> refuse)
    {
        foreach (var (key, value) in _node.Children)
        {
            if (key is not YamlScalarNode { Value: { } name } || !Keys.Contains(name, StringComparer.Ordinal))
            {
                Wrong(key, $"there is no key '{key}' in a schedule: use {string.Join(", ", Keys)}");
            }
            else
            {
                _values[name] = value;
            }
        }

        var title = Text("name");
        if (title is null || !IsName(title))
        {
            Wrong(Node("name"), title is null ? "a schedule needs a name" : $"'{title}' cannot be the name of a schedule: letters, digits, '-', '_' and '.' make one, 63 at most");
        }

        var zone = Zone();
        var cron = Text("cron");
        var every = Duration("every", TimeSpan.FromSeconds(1), TimeSpan.FromDays(366));
        var rhythm = Rhythm(cron, every, zone);
        var work = Work(refuse);
        var definition = new ScheduleDefinition(title ?? "")
        {
            Cron = cron,
            Every = every,
            Zone = zone,
            Rhythm = rhythm!,
            Work = work,
            Misfire = OneOf("misfire", MisfirePolicy.Skip, MisfirePolicy.Once),
            Overlap = OneOf("overlap", OverlapPolicy.Skip, OverlapPolicy.Queue),
            Jitter = Duration("jitter", TimeSpan.Zero, TimeSpan.FromDays(1)) ?? TimeSpan.Zero,
            Paused = Flag("paused"),
            Source = ScheduleFile.RelativePath,
            Line = (int)_node.Start.Line,
        };
        if (every is { } period && definition.Jitter >= period)
        {
            Wrong(Node("jitter"), $"the jitter ({Durations.Format(definition.Jitter)}) must be shorter than the interval ({Durations.Format(period)})");
        }

        return definition;
    }

    private ScheduledWork Work(Func<ScheduledWork, string?> refuse)
    {
        var (role, collection) = (Text("role"), Text("collection"));
        var before = _problems.Count;
        if (role is null == collection is null)
        {
            Wrong(_node, role is null ? "a schedule needs a role or a collection" : "a schedule has a role or a collection, not both");
        }

        var work = new ScheduledWork(role)
        {
            Collection = collection,
            Environment = Text("environment"),
            Sub = Text("sub"),
            Action = Text("action"),
            Arguments = Texts("arguments"),
            Retry = Number("retry", 0, 100) ?? 0,
            TaskTimeout = Number("task_timeout", 1, int.MaxValue),
            DryRun = Flag("dry_run"),
        };
        if (_problems.Count == before && refuse(work) is { } reason)
        {
            Wrong(Node(role is null ? "collection" : "role"), reason);
        }

        return work;
    }

    private IRhythm? Rhythm(string? cron, TimeSpan? every, TimeZoneInfo zone)
    {
        if (cron is null && every is null)
        {
            if (!_values.ContainsKey("every"))
            {
                Wrong(_node, "a schedule needs 'cron' or 'every'");
            }

            return null;
        }

        if (cron is not null && every is not null)
        {
            Wrong(Node("every"), "a schedule has 'cron' or 'every', not both");
            return null;
        }

        try
        {
            return every is { } period ? new IntervalRhythm(period) : CronRhythm.Parse(cron!, zone);
        }
        catch (FormatException e)
        {
            Wrong(Node("cron"), e.Message);
            return null;
        }
    }

    private TimeZoneInfo Zone()
    {
        var name = Text("timezone");
        // The names of the tz database are case-sensitive here, and the zone of this machine is nobody's.
        if (name is null or "UTC")
        {
            return TimeZoneInfo.Utc;
        }

        try
        {
            return TimeZoneInfo.FindSystemTimeZoneById(name);
        }
        catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException or UnauthorizedAccessException or IOException or ArgumentException)
        {
            Wrong(Node("timezone"), $"there is no time zone '{name}' in the tz database: use a name such as Europe/Berlin, or UTC");
            return TimeZoneInfo.Utc;
        }
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 63 && char.IsAsciiLetterOrDigit(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    private T OneOf<T>(string key, T first, T second)
        where T : struct, Enum
    {
        var text = Text(key);
        T[] known = [first, second];
        var found = Array.FindIndex(known, value => value.ToString().Equals(text ?? first.ToString(), StringComparison.OrdinalIgnoreCase));
        if (found < 0)
        {
            Wrong(Node(key), $"{key} is '{text}': it must be {first.ToString().ToLowerInvariant()} or {second.ToString().ToLowerInvariant()}");
        }

        return known[Math.Max(0, found)];
    }

    private TimeSpan? Duration(string key, TimeSpan least, TimeSpan most)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        var duration = Durations.Parse(text);
        if (duration is null || duration < least || duration > most)
        {
            Wrong(Node(key), $"{key} is '{text}': it must be a duration such as 90s, 10m, 1h30m or 7d, from {Durations.Format(least)} to {Durations.Format(most)}");
            return null;
        }

        return duration;
    }

    private int? Number(string key, int least, int most)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < least || number > most)
        {
            Wrong(Node(key), $"{key} is '{text}': it must be a number from {least}{(most == int.MaxValue ? "" : $" to {most}")}");
            return null;
        }

        return number;
    }

    private bool Flag(string key)
    {
        // The words of YAML 1.1, which Ansible reads.
        switch (Text(key)?.ToLowerInvariant())
        {
            case null or "false" or "no" or "off":
                return false;
            case "true" or "yes" or "on":
                return true;
            case var other:
                Wrong(Node(key), $"{key} is '{other}': it must be true or false");
                return false;
        }
    }

    private IReadOnlyList<string> Texts(string key)
    {
        switch (_values.GetValueOrDefault(key))
        {
            case null or YamlScalarNode { Value: null or "" }:
                return [];
            case YamlScalarNode { Value: { } one }:
                return [one];
            case YamlSequenceNode list when list.Children.All(child => child is YamlScalarNode):
                return [.. list.Children.Select(child => ((YamlScalarNode)child).Value ?? "")];
            case var other:
                Wrong(other, $"{key} must be a list of texts");
                return [];
        }
    }

    private string? Text(string key)
    {
        switch (_values.GetValueOrDefault(key))
        {
            case null or YamlScalarNode { Value: null or "" or "~" or "null" }:
                return null;
            case YamlScalarNode scalar:
                return scalar.Value;
            case var other:
                Wrong(other, $"{key} must be a single value");
                return null;
        }
    }

    private YamlNode Node(string key) => _values.GetValueOrDefault(key) ?? _node;

    private void Wrong(YamlNode at, string message) => _problems.Add(new ScheduleProblem(ScheduleFile.RelativePath, (int)at.Start.Line, message));
}
