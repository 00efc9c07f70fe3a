using Osism.Daemon.Jobs;

namespace Osism.Daemon.Collections;

/// <summary>A collection as it is defined: a graph of nodes, each of which becomes a job.</summary>
/// <param name="Name">What <c>osism apply</c> takes.</param>
/// <param name="Source">Who defined it.</param>
/// <param name="Nodes">In the order of the definition.</param>
internal sealed record CollectionGraph(string Name, CollectionSource Source, IReadOnlyList<CollectionNode> Nodes)
{
    public string? Description { get; init; }

    /// <summary>Why it is no graph; null when it is one.</summary>
    public CollectionFault? Fault { get; init; }
}

internal enum CollectionSource
{
    /// <summary>Comes with the manager.</summary>
    BuiltIn,

    /// <summary>Made for one run, of a plan.</summary>
    Plan,

    /// <summary><c>environments/collections.yml</c> of the configuration repository. Wins over a built-in one of the same name.</summary>
    Repository,
}

/// <param name="Message">One line for people, without file and line.</param>
/// <param name="Line">Line in the file, from 1.</param>
internal sealed record CollectionFault(string Message, int Line);

/// <summary>One node of a collection.</summary>
/// <param name="Name">Unique in the collection.</param>
internal sealed record CollectionNode(string Name)
{
    /// <summary>Most nodes of one graph; more is taken for a mistake.</summary>
    public const int Most = 1000;

    /// <summary>One of <see cref="JobKinds"/>.</summary>
    public string Kind { get; init; } = JobKinds.Ansible;

    /// <summary>Of kind ansible. Default: the name of the node.</summary>
    public string? Role { get; init; }

    /// <summary>Forces the environment of a role; of a command, the folder it runs in and whose locks hold it.</summary>
    public string? Environment { get; init; }

    public string? Overwrite { get; init; }

    public string? Sub { get; init; }

    /// <summary>kolla action.</summary>
    public string? Action { get; init; }

    /// <summary>For Ansible.</summary>
    public IReadOnlyList<string> Arguments { get => field ?? []; init; }

    /// <summary>Program and arguments of kind command.</summary>
    public IReadOnlyList<string> Command { get => field ?? []; init; }

    /// <summary>Variables of kind command.</summary>
    public IReadOnlyDictionary<string, string>? Variables { get; init; }

    /// <summary>Repetitions when it fails; null = as the run says.</summary>
    public int? Retry { get; init; }

    /// <summary>Seconds; null = as the run says.</summary>
    public int? TaskTimeout { get; init; }

    /// <summary>Nodes that must succeed first.</summary>
    public IReadOnlyList<string> After { get => field ?? []; init; }

    /// <summary>Line in the file, from 1; 0 = in none.</summary>
    public int Line { get; init; }
}
