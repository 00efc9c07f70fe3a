using Osism.Contracts.Collections;

namespace Osism.Contracts.Services;

/// <summary>What services are to be deployed or upgraded, for <c>POST /v1/services/plan</c> and <c>POST /v1/services/runs</c>.</summary>
public sealed record PlanServices
{
    /// <summary><c>deploy</c> or <c>upgrade</c>.</summary>
    public string? Action { get; init; }

    /// <summary>Only these; none = all that are wanted.</summary>
    public IReadOnlyList<string> Names { get => field ?? []; init; }

    /// <summary>Only those of this layer.</summary>
    public string? Layer { get; init; }

    /// <summary>Only this one and those behind it in the order in which a pod is built.</summary>
    public string? From { get; init; }

    /// <summary>Whether images are left to be pulled when a service is deployed; otherwise they are pulled first.</summary>
    public bool NoPull { get; init; }

    /// <summary>Further jobs for each node that fails.</summary>
    public int Retry { get; init; }
}

/// <summary>What would be run, for <c>POST /v1/services/plan</c>.</summary>
/// <param name="Action"><c>deploy</c> or <c>upgrade</c>.</param>
/// <param name="Nodes">In the order in which a pod is built.</param>
/// <param name="LeftOut">Services that were meant and are not among them.</param>
public sealed record ServicePlanInfo(string Action, IReadOnlyList<CollectionNodeInfo> Nodes, IReadOnlyList<LeftOutServiceInfo> LeftOut);

/// <param name="Service">Its name.</param>
/// <param name="Reason">One line for people.</param>
public sealed record LeftOutServiceInfo(string Service, string Reason);
