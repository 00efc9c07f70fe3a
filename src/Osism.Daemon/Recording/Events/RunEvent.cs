namespace Osism.Daemon.Recording.Events;

/// <summary>One line of <c>events.ndjson</c>, as far as rows are made of it. Which members are set depends on the kind.</summary>
internal sealed record RunEvent(RunEventKind Kind)
{
    /// <summary>When it was written; null when the line does not say, or says nonsense.</summary>
    public DateTimeOffset? At { get; init; }

    public string Host { get; init; } = "";

    /// <summary>Ansible's id of the task; the same for each batch of hosts.</summary>
    public string Task { get; init; } = "";

    public string Play { get; init; } = "";

    /// <summary>Shown status: ok, changed, failed, ignored, unreachable or skipped.</summary>
    public string Status { get; init; } = "";

    public bool IsChanged { get; init; }

    /// <summary>The same as a row has it.</summary>
    public (ResultStatus Status, bool IsChanged, bool IsIgnored) Outcome => Status switch
    {
        "ok" => (ResultStatus.Ok, IsChanged, false),
        "changed" => (ResultStatus.Ok, true, false),
        "failed" => (ResultStatus.Failed, IsChanged, false),
        "ignored" => (ResultStatus.Failed, IsChanged, true),
        "skipped" => (ResultStatus.Skipped, IsChanged, false),
        "unreachable" => (ResultStatus.Unreachable, IsChanged, false),
        _ => (ResultStatus.Unknown, IsChanged, false),
    };

    /// <summary>When the host began with the task.</summary>
    public DateTimeOffset? Start { get; init; }

    public TimeSpan? Duration { get; init; }

    public string? Message { get; init; }

    public IReadOnlyList<string> DelegatedTo { get; init; } = [];

    public int? Items { get; init; }

    public string Name { get; init; } = "";

    public string Action { get; init; } = "";

    /// <summary>Of a task <c>file:line</c>, else a file.</summary>
    public string Path { get; init; } = "";

    public string? Role { get; init; }

    public bool IsHandler { get; init; }

    public bool IsCheck { get; init; }

    public string? Strategy { get; init; }

    public int HostsCount { get; init; }

    public string? Ansible { get; init; }

    public string? Python { get; init; }

    public string? Controller { get; init; }

    public string? User { get; init; }

    public string? Content { get; init; }

    /// <summary>JSON arrays and objects as they stand in the line, null when they are not there.</summary>
    public string? Tags { get; init; }

    public string? Arguments { get; init; }

    public string? Warnings { get; init; }

    public string? Deprecations { get; init; }

    /// <summary>Of the recap, by host.</summary>
    public IReadOnlyDictionary<string, HostRecap> Recap { get; init; } = new Dictionary<string, HostRecap>(StringComparer.Ordinal);
}

/// <summary>A host's line of the recap.</summary>
internal sealed record HostRecap(int Ok, int Changed, int Failed, int Unreachable, int Skipped, int Rescued, int Ignored);
