namespace Osism.Contracts.Inventory;

/// <summary>Something that is wrong, or odd, in the sources of the inventory.</summary>
/// <param name="File">Relative to the configuration repository; null where no file is meant.</param>
/// <param name="Line">From 1; null where the file as a whole is meant.</param>
/// <param name="Code">One of the finding codes in <c>docs/handbook/inventory.md</c>.</param>
/// <param name="Message">One line for people.</param>
/// <param name="Severity"><c>error</c>: runs fail, or do not see what is written; <c>warning</c>.</param>
public sealed record InventoryFindingInfo(string? File, int? Line, string Code, string Message, string Severity);
