using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Osism.Contracts;
using Osism.Contracts.Facts;
using Osism.Contracts.Inventory;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Http;

namespace Osism.Daemon.Facts;

/// <summary><c>/v1/facts</c>, and the facts below <c>/v1/inventory</c>. Everybody may read; secrets are hidden but from <c>query</c>, which is a POST for that reason.</summary>
/// <remarks>Source of the paths and shapes below <c>/v1/inventory</c>: python-osism.</remarks>
internal static class FactEndpoints
{
    public static void MapFacts(this IEndpointRouteBuilder app)
    {
        var facts = app.MapGroup(ApiRoutes.Facts).WithTags("facts");
        facts.MapGet("", ListAsync).WithSummary("How old the facts of hosts are");
        facts.MapGet("/search", SearchAsync).WithSummary("Hosts whose facts fit conditions; secrets fit none");
        facts.MapGet("/diff", DiffAsync).WithSummary("What differs between the facts of two hosts, secrets hidden");
        facts.MapGet("/{host}", ShowAsync).WithSummary("Facts of a host, secrets hidden");
        facts.MapGet("/{host}/history", HistoryAsync).WithSummary("What a fact was on a host, hidden if it is a secret");
        facts.MapGet("/{host}/states", StatesAsync).WithSummary("What a host says about itself");
        facts.MapPost("/query", QueryAsync).WithSummary("Facts of a host as they are");
        facts.MapPost("/reset", ResetAsync).WithSummary("Makes Ansible forget cached facts");
        var hosts = app.MapGroup(ApiRoutes.InventoryHosts).WithTags("inventory");
        hosts.MapGet("/{host}/facts", CachedAsync).WithSummary("The facts of a host, secrets hidden");
        hosts.MapGet("/{host}/facts/{fact}", CachedFactAsync).WithSummary("One fact of a host, hidden if it is a secret");
    }

    /// <param name="limit">A pattern, as <c>--limit</c> of Ansible has it.</param>
    private static async Task<Ok<Page<FactAgeInfo>>> ListAsync(FactQueries queries, CancellationToken cancellationToken, string? limit = null) =>
        TypedResults.Ok(new Page<FactAgeInfo>(await queries.AgesAsync(limit, cancellationToken), null));

    private static async Task<Ok<HostFactsInfo>> ShowAsync(string host, FactQueries queries, CancellationToken cancellationToken, string? fact = null) =>
        TypedResults.Ok(await queries.OfAsync(host, fact, isMasked: true, cancellationToken));

    private static async Task<Ok<HostFactsInfo>> QueryAsync(FactQuery query, FactQueries queries, CancellationToken cancellationToken) =>
        TypedResults.Ok(await queries.OfAsync(query.Host, query.Fact, isMasked: false, cancellationToken));

    private static async Task<Ok<Page<FactVersionInfo>>> HistoryAsync(string host, string fact, FactQueries queries, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<FactVersionInfo>(await queries.HistoryAsync(host, fact, isMasked: true, cancellationToken), null));

    private static async Task<Ok<Page<FactDifferenceInfo>>> DiffAsync(string a, string b, FactQueries queries, CancellationToken cancellationToken, bool all = false) =>
        TypedResults.Ok(new Page<FactDifferenceInfo>(await queries.DiffAsync(a, b, all, cancellationToken), null));

    /// <param name="where">Conditions such as <c>ansible_distribution_version=12*</c>; all must fit.</param>
    private static async Task<Ok<Page<FoundFactInfo>>> SearchAsync(
        [FromQuery] string[] where, FactQueries queries, CancellationToken cancellationToken, string? limit = null) => where.Length == 0
            ? throw new OsismException(ErrorCodes.RequestInvalid, "where is missing: a condition such as ansible_distribution_version=12*")
            : TypedResults.Ok(new Page<FoundFactInfo>(await queries.SearchAsync([.. where.Select(FactExpression.Parse)], limit, cancellationToken), null));

    private static async Task<Ok<Page<HostStateInfo>>> StatesAsync(string host, FactQueries queries, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<HostStateInfo>(HostStates.Of(await queries.KnownAsync(host, cancellationToken)), null));

    private static async Task<Ok<ResetFactsInfo>> ResetAsync(ResetFacts request, FactReset reset, HttpContext context, CancellationToken cancellationToken) =>
        TypedResults.Ok(await reset.ResetAsync(request.Limit, Caller.Of(context), cancellationToken));

    private static async Task<Ok<CachedFactsInfo>> CachedAsync(string host, FactQueries queries, CancellationToken cancellationToken)
    {
        var known = await queries.KnownAsync(host, cancellationToken);
        var facts = known.Facts.Values.Select(fact => new NamedValueInfo(fact.Name, FactValues.Shown(fact.Name, fact.Value, isMasked: true))).ToList();
        return TypedResults.Ok(new CachedFactsInfo(host, facts, facts.Count, FromCache: true));
    }

    private static async Task<Ok<CachedFactInfo>> CachedFactAsync(string host, string fact, FactQueries queries, CancellationToken cancellationToken) =>
        TypedResults.Ok(new CachedFactInfo(host, fact, FactQueries.PartOf(await queries.KnownAsync(host, cancellationToken), fact, isMasked: true).Value, FromCache: true));
}
