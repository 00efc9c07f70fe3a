using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Osism.Contracts;
using Osism.Contracts.Inventory;
using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Inventory.Output;
using Osism.Daemon.Inventory.Values;
using Osism.Daemon.Inventory.Variables;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Inventory.Current;

/// <summary><c>/v1/inventory/hosts</c> and what searches them. Everybody may read; secrets are hidden but from <c>explain</c>, which is a POST for that reason.</summary>
/// <remarks>Source of the paths and shapes that are not ours: python-osism, <c>/v1/inventory</c>.</remarks>
internal static class HostEndpoints
{
    private const int LargestLimit = 10_000;
    private const string HostVariables = "hostvars";
    private const string Facts = "facts";

    // An expression of a caller must not hold the manager up.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static void MapHosts(this IEndpointRouteBuilder app)
    {
        var inventory = app.MapGroup(ApiRoutes.Inventory).WithTags("inventory");
        inventory.MapGet("/hosts", ListAsync).WithSummary("Hosts, or those that a pattern means");
        inventory.MapGet("/hosts/{host}/hostvars", VariablesAsync).WithSummary("The variables of a host, secrets hidden");
        inventory.MapGet("/hosts/{host}/hostvars/{variable}", VariableAsync).WithSummary("One variable of a host, hidden if it is a secret");
        inventory.MapGet("/hosts/{host}/origins", OriginsAsync).WithSummary("Where a host's variables come from, secrets hidden");
        inventory.MapGet("/search", SearchAsync).WithSummary("Variables whose names match an expression, secrets hidden");
        inventory.MapGet("/find", FindAsync).WithSummary("Hosts, groups, variables and values that hold a text");
        inventory.MapPost("/explain", ExplainAsync).WithSummary("Where a host's variables come from, with their values");
    }

    /// <param name="limit">A pattern, as <c>--limit</c> of Ansible has it.</param>
    private static async Task<Ok<InventoryHostsInfo>> ListAsync(CurrentInventory current, CancellationToken cancellationToken, string? limit = null)
    {
        var inventory = await current.GetAsync(cancellationToken);
        var hosts = inventory.Match(limit);
        IReadOnlyList<string> nearest = hosts.Count > 0 || limit is null ? [] : NearestNames.Find(
            limit, inventory.Reading.Inventory.Hosts.Select(host => host.Name).Concat(inventory.Reading.Inventory.Groups.Select(group => group.Name)));
        return TypedResults.Ok(new InventoryHostsInfo(hosts, hosts.Count, nearest));
    }

    private static async Task<Ok<HostVariablesInfo>> VariablesAsync(string host, CurrentInventory current, CancellationToken cancellationToken)
    {
        var (inventory, found, all) = await VariablesOfAsync(current, host, cancellationToken);
        var variables = new List<NamedValueInfo>();
        foreach (var (variable, isShared) in all.ByName())
        {
            if (!InternalVariables.Contains(variable.Name))
                variables.Add(isShared ? inventory.MaskedOnce(variable) : inventory.Masked(variable));
        }

        return TypedResults.Ok(new HostVariablesInfo(found.Name, variables, variables.Count));
    }

    private static async Task<Ok<HostVariableInfo>> VariableAsync(string host, string variable, CurrentInventory current, CancellationToken cancellationToken)
    {
        var (inventory, found, all) = await VariablesOfAsync(current, host, cancellationToken);
        return all.TryFind(new PyText(variable), out var known) && !InternalVariables.Contains(known.Name)
            ? TypedResults.Ok(new HostVariableInfo(found.Name, variable, inventory.Masked(known).Value))
            : throw VariableOrigins.Unknown(found, variable, all.InOrder().Select(other => ShownValues.NameOf(other.Name)));
    }

    private static Task<Ok<Page<VariableOriginInfo>>> OriginsAsync(string host, CurrentInventory current, CancellationToken cancellationToken, string? variable = null) =>
        OriginsOfAsync(current, host, variable, isMasked: true, cancellationToken);

    private static Task<Ok<Page<VariableOriginInfo>>> ExplainAsync(ExplainVariables question, CurrentInventory current, CancellationToken cancellationToken) =>
        OriginsOfAsync(current, question.Host, question.Variable, isMasked: false, cancellationToken);

    private static async Task<Ok<Page<VariableOriginInfo>>> OriginsOfAsync(
        CurrentInventory current, string host, string? variable, bool isMasked, CancellationToken cancellationToken)
    {
        var inventory = await current.GetOpenAsync(cancellationToken);
        var found = inventory.Host(host);
        return TypedResults.Ok(new Page<VariableOriginInfo>(Asked(() => VariableOrigins.Of(inventory, found, variable, isMasked)), null));
    }

    private static async Task<Ok<Page<InventoryHitInfo>>> FindAsync(
        string text, CurrentInventory current, CancellationToken cancellationToken, int limit = 100, [FromQuery(Name = ApiRoutes.CursorParameter)] int cursor = 0)
    {
        RequireLimit(limit);
        if (text.Length == 0 || cursor < 0)
            throw new OsismException(ErrorCodes.RequestInvalid, text.Length == 0 ? "the text to search for is empty" : $"{ApiRoutes.CursorParameter} is not the next of a page of this list");
        var (hits, next) = (await current.GetOpenAsync(cancellationToken)).Text.Find(text, cursor, limit);
        return TypedResults.Ok(new Page<InventoryHitInfo>(hits, next is { } at ? $"{at}" : null));
    }

    private static async Task<Ok<VariableSearchInfo>> SearchAsync(
        CurrentInventory current, FactSearch findFacts, CancellationToken cancellationToken,
        [FromQuery(Name = "name_pattern")] string? name = null, [FromQuery(Name = "host_pattern")] string? hosts = null, string source = HostVariables, int limit = 100)
    {
        RequireLimit(limit);
        if (source is not (HostVariables or Facts))
            throw new OsismException(ErrorCodes.RequestInvalid, $"source is '{source}': it must be {HostVariables} or {Facts}");
        var (byName, byHost) = (Expression(name), Expression(hosts));
        if (source == Facts)
        {
            try
            {
                var (facts, looked) = await findFacts(byName, byHost, limit, cancellationToken);
                return TypedResults.Ok(new VariableSearchInfo(facts, facts.Count, looked, new VariableSearchQuery(name, hosts, source, limit)));
            }
            catch (RegexMatchTimeoutException e)
            {
                throw TakesTooLong(e);
            }
        }

        var inventory = await current.GetOpenAsync(cancellationToken);
        var (results, searched) = Asked(() => Search(inventory, byName, byHost, limit));
        return TypedResults.Ok(new VariableSearchInfo(results, results.Count, searched, new VariableSearchQuery(name, hosts, source, limit)));
    }

    private static (List<FoundVariableInfo> Results, int Searched) Search(LoadedInventory inventory, Regex? names, Regex? hosts, int limit)
    {
        var (results, searched) = (new List<FoundVariableInfo>(), 0);
        // Most hosts share most of their variables: a name is tried once.
        var tried = new Dictionary<string, bool>(StringComparer.Ordinal);
        var reading = inventory.Reading;
        foreach (var host in reading.Inventory.Hosts.OrderBy(host => host.Name, StringComparer.Ordinal))
        {
            if (hosts?.IsMatch(host.Name) == false)
                continue;
            searched++;
            foreach (var (variable, _) in reading.Variables.Of(host).ByName())
            {
                if (InternalVariables.Contains(variable.Name))
                    continue;
                var name = ShownValues.NameOf(variable.Name);
                if (!tried.TryGetValue(name, out var matches))
                    tried[name] = matches = names?.IsMatch(name) != false;
                if (!matches)
                    continue;
                results.Add(new FoundVariableInfo(host.Name, name, inventory.Masked(variable).Value, HostVariables));
                if (results.Count == limit)
                    return (results, searched);
            }
        }

        return (results, searched);
    }

    private static async Task<(LoadedInventory Inventory, InventoryHost Host, HostVariables All)> VariablesOfAsync(
        CurrentInventory current, string name, CancellationToken cancellationToken)
    {
        var inventory = await current.GetOpenAsync(cancellationToken);
        var host = inventory.Host(name);
        return (inventory, host, Asked(() => inventory.Reading.Variables.Of(host)));
    }

    private static T Asked<T>(Func<T> answer)
    {
        try
        {
            return answer();
        }
        catch (InventoryException e)
        {
            throw InventoryAnswer.Translate(e);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw TakesTooLong(e);
        }
    }

    private static OsismException TakesTooLong(RegexMatchTimeoutException e) => new(ErrorCodes.RequestInvalid, $"the expression '{e.Pattern}' takes too long", e);

    private static Regex? Expression(string? pattern)
    {
        try
        {
            return pattern is null ? null : new Regex(pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, Patience);
        }
        catch (ArgumentException e)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"'{pattern}' is no regular expression: {e.Message}", e);
        }
    }

    private static void RequireLimit(int limit)
    {
        if (limit is < 1 or > LargestLimit)
            throw new OsismException(ErrorCodes.RequestInvalid, $"limit is {limit}: it must be 1 to {LargestLimit}");
    }
}
