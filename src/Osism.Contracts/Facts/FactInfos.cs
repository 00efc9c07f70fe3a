using System.Text.Json;
using Osism.Contracts.Inventory;

namespace Osism.Contracts.Facts;

/// <summary>What is known of a host, for <c>GET /v1/facts/{host}</c> and <c>POST /v1/facts/query</c>.</summary>
/// <param name="Host">As the inventory names it.</param>
/// <param name="Facts">An object; for one fact, that under the name it was asked by. To those who may only read, a secret is <c>***</c>.</param>
/// <param name="GatheredAt">When the facts of the host, or the one, were found last.</param>
/// <param name="AgeSeconds">Since then.</param>
/// <param name="Job">That found them; null when none of this manager did.</param>
/// <param name="Reset">Whether they were reset since: Ansible does not have them any more.</param>
public sealed record HostFactsInfo(string Host, JsonElement Facts, DateTimeOffset GatheredAt, long AgeSeconds, Guid? Job, bool Reset);

/// <summary>A question about a host's facts, for <c>POST /v1/facts/query</c>: the answer has secrets in the clear.</summary>
/// <param name="Host">Name of one host.</param>
/// <param name="Fact">One fact or a part of one, such as <c>ansible_default_ipv4.address</c>; null = all.</param>
public sealed record FactQuery(string Host, string? Fact);

/// <summary>How old the facts of a host are, for <c>GET /v1/facts</c>.</summary>
/// <param name="Host">Of the inventory, or one that was in it.</param>
/// <param name="State">One of <see cref="FactStates"/>.</param>
/// <param name="GatheredAt">Null when they never were.</param>
/// <param name="AgeSeconds">Since then.</param>
/// <param name="Job">That gathered them.</param>
/// <param name="Facts">How many there are.</param>
/// <param name="Bytes">Their size as JSON.</param>
/// <param name="InInventory">Whether the current inventory has the host.</param>
public sealed record FactAgeInfo(string Host, string State, DateTimeOffset? GatheredAt, long? AgeSeconds, Guid? Job, int Facts, long Bytes, bool InInventory);

/// <summary>Values of <see cref="FactAgeInfo.State"/>.</summary>
public static class FactStates
{
    public const string Fresh = "fresh";

    /// <summary>Older than the setting <c>facts.max_age</c>.</summary>
    public const string Old = "old";

    /// <summary>Reset since they were gathered.</summary>
    public const string Reset = "reset";

    /// <summary>Never gathered.</summary>
    public const string Missing = "missing";
}

/// <summary>A fact that fits a search, for <c>GET /v1/facts/search</c>.</summary>
public sealed record FoundFactInfo(string Host, string Fact, JsonElement Value, DateTimeOffset GatheredAt, long AgeSeconds);

/// <summary>A fact, or a part of one, that two hosts do not share, for <c>GET /v1/facts/diff</c>.</summary>
/// <param name="Fact">With the path in it.</param>
/// <param name="A">Its value on the first host; null when it has none, as <paramref name="InA"/> says.</param>
/// <param name="B">Its value on the second.</param>
public sealed record FactDifferenceInfo(string Fact, bool InA, JsonElement? A, bool InB, JsonElement? B);

/// <summary>What a fact was, for <c>GET /v1/facts/{host}/history</c>.</summary>
/// <param name="Since">When it was first found so.</param>
/// <param name="Until">When it was found otherwise; null = it is so.</param>
/// <param name="Job">That found it.</param>
/// <param name="Bytes">Size of the value as JSON.</param>
/// <param name="Value">Null when it was too large to be kept.</param>
public sealed record FactVersionInfo(DateTimeOffset Since, DateTimeOffset? Until, Guid? Job, int Bytes, JsonElement? Value);

/// <summary>What facts to forget, for <c>POST /v1/facts/reset</c>.</summary>
/// <param name="Limit">A pattern, as <c>--limit</c> of Ansible has it; null = all hosts.</param>
public sealed record ResetFacts(string? Limit);

/// <summary>What <c>POST /v1/facts/reset</c> did.</summary>
/// <param name="Hosts">Whose facts are reset.</param>
/// <param name="Cached">How many of them Ansible had in its cache.</param>
public sealed record ResetFactsInfo(IReadOnlyList<string> Hosts, int Cached);

/// <summary>What a host says about itself in <c>ansible_local.osism</c>, for <c>GET /v1/facts/{host}/states</c>.</summary>
/// <param name="Role">The section, such as <c>maintenance</c>.</param>
/// <param name="State">Its <c>status</c>.</param>
/// <param name="Timestamp">Its <c>timestamp</c>, as it stands there.</param>
public sealed record HostStateInfo(string Role, string? State, string? Timestamp);

/// <summary>All facts of a host in the form of the original, for <c>GET /v1/inventory/hosts/{host}/facts</c>.</summary>
public sealed record CachedFactsInfo(string Host, IReadOnlyList<NamedValueInfo> Facts, int Count, bool FromCache);

/// <summary>One fact of a host in the form of the original, for <c>GET /v1/inventory/hosts/{host}/facts/{fact}</c>.</summary>
public sealed record CachedFactInfo(string Host, string Name, JsonElement Value, bool FromCache);
