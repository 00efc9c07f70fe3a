namespace Osism.Cli.Ara;

/// <summary>An option of a listing that the manager filters by.</summary>
/// <param name="Option">As ARA's command line spells it.</param>
/// <param name="Query">What is asked of the manager, up to the value.</param>
/// <param name="Help">One line.</param>
/// <param name="Value">What the option says by merely being there; null = it takes a value.</param>
internal sealed record AraFilter(string Option, string Query, string Help, string? Value = null);
