namespace Osism.Contracts.Inventory;

/// <summary>A question about the inventory, for <c>POST /v1/inventory/query</c>. The answer is the text that <c>ansible-inventory</c> prints.</summary>
/// <param name="Action"><c>list</c>, <c>host</c>, <c>graph</c> or <c>match</c>.</param>
/// <param name="Subject">A host for <c>host</c>, a group for <c>graph</c> (null = all), a pattern for <c>match</c>.</param>
/// <param name="Vars">With the variables, for <c>graph</c>.</param>
/// <param name="Export">Variables of groups with them instead of with their hosts, for <c>list</c> and <c>host</c>.</param>
/// <param name="Format"><c>json</c> or null, for <c>match</c>: a name a line otherwise.</param>
public sealed record InventoryQuery(string Action, string? Subject, bool Vars, bool Export, string? Format);
