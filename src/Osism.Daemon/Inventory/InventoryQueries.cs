using Osism.Contracts.Inventory;
using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Inventory;

/// <summary>Answers what <c>ansible-inventory</c> would about the current revision.</summary>
internal sealed class InventoryQueries(CurrentInventory current)
{
    /// <param name="output">Gets the answer.</param>
    /// <exception cref="OsismException">As <see cref="InventoryAnswer.Write"/>; or there is no revision to ask.</exception>
    public async Task AnswerAsync(InventoryQuery query, Stream output, CancellationToken cancellationToken)
    {
        var needsVariables = query.Action is "list" or "host" || query.Vars;
        var inventory = needsVariables ? await current.GetOpenAsync(cancellationToken) : await current.GetAsync(cancellationToken);
        InventoryAnswer.Write(query, inventory.Reading, output);
    }
}
