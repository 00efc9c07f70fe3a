using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Osism.Contracts;
using Osism.Contracts.Inventory;
using Osism.Daemon.Inventory.Lint;

namespace Osism.Daemon.Inventory;

/// <summary><c>/v1/inventory</c>: what is in the inventory.</summary>
/// <remarks>Variables hold secrets in the clear: the question is a POST, so that nobody who may only read gets them.</remarks>
internal static class InventoryEndpoints
{
    // Beyond that an answer waits for its reader in a file, not in memory.
    private const int InMemory = 4 << 20;

    public static void MapInventory(this IEndpointRouteBuilder app)
    {
        app.MapPost(ApiRoutes.InventoryQuery, AnswerAsync).WithTags("inventory").WithSummary("What ansible-inventory prints about the current inventory")
            .Produces<string>(StatusCodes.Status200OK, "text/plain", "application/json");
        app.MapGet(ApiRoutes.ConfigurationCheck, CheckAsync).WithTags("configuration").WithSummary("What is wrong with the configuration repository");
        app.MapGet(ApiRoutes.InventoryLint, LintAsync).WithTags("inventory").WithSummary("What is wrong with the repository's inventory although Ansible may say nothing");
    }

    private static async Task<Ok<Page<InventoryFindingInfo>>> CheckAsync(RepositoryCheck check, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<InventoryFindingInfo>(await check.CheckAsync(cancellationToken), null));

    private static async Task<Ok<Page<InventoryFindingInfo>>> LintAsync(RepositoryLint lint, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<InventoryFindingInfo>(await lint.CheckAsync(cancellationToken), null));

    private static async Task AnswerAsync(InventoryQuery query, InventoryQueries queries, HttpContext context, CancellationToken cancellationToken)
    {
        await using var answer = new FileBufferingWriteStream(InMemory);
        await queries.AnswerAsync(query, answer, cancellationToken);
        context.Response.ContentType = query.Action is "list" or "host" || query.Format == "json" ? "application/json" : "text/plain; charset=utf-8";
        await answer.DrainBufferAsync(context.Response.Body, cancellationToken);
    }
}
