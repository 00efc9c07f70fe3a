using System.Text.RegularExpressions;
using Osism.Contracts.Inventory;

namespace Osism.Daemon.Inventory.Current;

/// <summary>Finds facts by their names, secrets hidden. Whoever keeps facts provides it: they are none of the inventory's own.</summary>
/// <returns>No more than <paramref name="limit"/>, and how many hosts were looked at until then.</returns>
internal delegate Task<(List<FoundVariableInfo> Results, int Searched)> FactSearch(Regex? names, Regex? hosts, int limit, CancellationToken cancellationToken);
