namespace Osism.Daemon.Recording.Reading;

/// <summary>Which results are wanted. What is null or empty narrows nothing.</summary>
internal sealed record ResultFilter
{
    /// <summary>Names of hosts, any of them.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Shown statuses, any of them.</summary>
    public IReadOnlyList<string> Statuses { get; init; } = [];

    /// <summary>Part of the task's name, whatever the case.</summary>
    public string? Task { get; init; }

    /// <summary>Ansible's role of the task, or the role that the job applied.</summary>
    public string? Role { get; init; }

    public bool? Changed { get; init; }

    /// <summary>Part of what the module returned, whatever the case.</summary>
    public string? Text { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    /// <summary>Whether only what went wrong is wanted: there is an index of that.</summary>
    public bool IsBadOnly => Statuses.Count > 0 && Statuses.All(ShownStatus.IsBad);
}
