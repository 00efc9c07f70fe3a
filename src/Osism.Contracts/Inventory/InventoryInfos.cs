using System.Text.Json;

namespace Osism.Contracts.Inventory;

/// <summary>Hosts of the inventory, for <c>GET /v1/inventory/hosts</c>.</summary>
/// <param name="Hosts">Names in their order.</param>
/// <param name="Count">How many.</param>
/// <param name="Nearest">When there are none: hosts and groups whose name is near the pattern.</param>
public sealed record InventoryHostsInfo(IReadOnlyList<string> Hosts, int Count, IReadOnlyList<string> Nearest);

/// <summary>The variables of a host, for <c>GET /v1/inventory/hosts/{host}/hostvars</c>. Secrets are <c>***</c>.</summary>
public sealed record HostVariablesInfo(string Host, IReadOnlyList<NamedValueInfo> Variables, int Count);

/// <param name="Name">Of the variable.</param>
/// <param name="Value">As Ansible has it; templates are not filled in.</param>
public sealed record NamedValueInfo(string Name, JsonElement Value);

/// <summary>One variable of a host. A secret is <c>***</c>.</summary>
public sealed record HostVariableInfo(string Host, string Name, JsonElement Value);

/// <summary>Variables whose names match an expression, for <c>GET /v1/inventory/search</c>.</summary>
/// <param name="Results">No more than were asked for.</param>
/// <param name="Count">How many that are.</param>
/// <param name="HostsSearched">Hosts that were looked at until then.</param>
/// <param name="Query">What was asked.</param>
public sealed record VariableSearchInfo(IReadOnlyList<FoundVariableInfo> Results, int Count, int HostsSearched, VariableSearchQuery Query);

/// <param name="Host">Whose.</param>
/// <param name="Name">Of the variable.</param>
/// <param name="Value">A secret is <c>***</c>.</param>
/// <param name="Source"><c>hostvars</c> or <c>facts</c>.</param>
public sealed record FoundVariableInfo(string Host, string Name, JsonElement Value, string Source);

/// <param name="NamePattern">Expression for the names of variables; null = all.</param>
/// <param name="HostPattern">Expression for the names of hosts; null = all.</param>
/// <param name="Source"><c>hostvars</c> or <c>facts</c>.</param>
/// <param name="Limit">Most results.</param>
public sealed record VariableSearchQuery(string? NamePattern, string? HostPattern, string Source, int Limit);

/// <summary>A question where a host's variables come from, for <c>POST /v1/inventory/explain</c>: the answer has secrets in the clear.</summary>
/// <param name="Host">Name of one host.</param>
/// <param name="Variable">One variable; null = all.</param>
public sealed record ExplainVariables(string Host, string? Variable);

/// <summary>A variable of a host, where its value was written and what that hides.</summary>
/// <param name="Name">Of the variable.</param>
/// <param name="Value">As Ansible has it; templates are not filled in.</param>
/// <param name="File">Below the top of its layer; of the repository, relative to it. Null for what no file says.</param>
/// <param name="Line">From 1; null where it is not known.</param>
/// <param name="Source">The layer the file came with: <c>repository</c>, and what the manager lays around it.</param>
/// <param name="Place">Whose variables they are: <c>group_vars/GROUP</c>, <c>host_vars/HOST</c>, or <c>group GROUP</c> and <c>host HOST</c> in an inventory source.</param>
/// <param name="Precedence">10 (weakest) to 90, as the handbook's page on inventories lists them.</param>
/// <param name="Shadowed">Values that are set as well and do not count, the strongest first.</param>
public sealed record VariableOriginInfo(
    string Name, JsonElement Value, string? File, int? Line, string? Source, string Place, int Precedence, IReadOnlyList<ShadowedValueInfo> Shadowed);

/// <summary>A value that does not count; see <see cref="VariableOriginInfo"/>.</summary>
public sealed record ShadowedValueInfo(JsonElement Value, string? File, int? Line, string? Source, string Place, int Precedence);

/// <summary>Something in the inventory that holds a text, for <c>GET /v1/inventory/find</c>.</summary>
/// <param name="Kind"><c>host</c>, <c>group</c>, <c>variable</c> (its name) or <c>value</c>.</param>
/// <param name="Name">Of the host, group or variable.</param>
/// <param name="Entity">Host or group the variable is set for.</param>
/// <param name="Text">The variable's value around the place; empty for a secret.</param>
/// <param name="File">Where it is written.</param>
/// <param name="Line">From 1; null where it is not known.</param>
public sealed record InventoryHitInfo(string Kind, string Name, string? Entity, string? Text, string? File, int? Line);
