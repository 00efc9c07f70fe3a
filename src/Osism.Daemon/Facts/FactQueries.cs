using System.Text.Json;
using System.Text.RegularExpressions;
using Osism.Contracts;
using Osism.Contracts.Facts;
using Osism.Contracts.Inventory;
using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Facts;

/// <summary>Answers questions about facts.</summary>
internal sealed class FactQueries(FactStore store, FactsIntake intake, CurrentInventory inventory, StaleFacts stale, TimeProvider time)
{
    /// <summary>How old the facts of hosts are: of the inventory, and of those that were in it.</summary>
    /// <exception cref="OsismException">The pattern means no host, or there is no inventory.</exception>
    public async Task<IReadOnlyList<FactAgeInfo>> AgesAsync(string? limit, CancellationToken cancellationToken)
    {
        var current = await HostsAsync(limit, cancellationToken);
        var known = await store.AgesAsync(limit is null ? null : [.. current], cancellationToken);
        var now = time.GetUtcNow();
        return
        [
            .. known.Select(age => new FactAgeInfo(
                    age.Host, stale.StateOf(age, now), age.GatheredAt, Seconds(now - age.GatheredAt), age.Job, age.Facts, age.Bytes, current.Contains(age.Host)))
                .Concat(current.Except(known.Select(age => age.Host), StringComparer.Ordinal).Select(host => new FactAgeInfo(host, FactStates.Missing, null, null, null, 0, 0, true)))
                .OrderBy(age => age.Host, StringComparer.Ordinal),
        ];
    }

    /// <exception cref="OsismException"><c>host.unknown</c>, <c>facts.missing</c> or <c>fact.unknown</c>, with names that are near.</exception>
    public async Task<HostFactsInfo> OfAsync(string host, string? path, bool isMasked, CancellationToken cancellationToken)
    {
        var facts = await KnownAsync(host, cancellationToken);
        if (path is null)
            return Info(facts, FactValues.Shown(facts.Facts.Values, isMasked), facts.Latest.At, facts.Latest.Job);
        var (fact, value) = PartOf(facts, path, isMasked);
        return Info(facts, FactValues.Single(path, value), fact.GatheredAt, fact.Job);
    }

    /// <summary>The facts of a host.</summary>
    /// <exception cref="OsismException"><c>host.unknown</c> or <c>facts.missing</c>.</exception>
    public async Task<HostFacts> KnownAsync(string host, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(host, cancellationToken) is { } facts)
            return facts;
        var (hosts, withFacts) = (await HostsAsync(null, cancellationToken), await store.HostsAsync(cancellationToken));
        if (hosts.Contains(host))
            throw new OsismException(ErrorCodes.FactsMissing, $"the facts of {host} were never gathered: 'osism apply facts -l {host}' does so");
        throw new OsismException(ErrorCodes.HostUnknown, $"there is no host '{host}' in the inventory, and nothing is known of one")
        {
            Nearest = NearestNames.Find(host, hosts.Union(withFacts, StringComparer.Ordinal)),
        };
    }

    /// <summary>A fact or a part of it.</summary>
    /// <exception cref="OsismException"><c>fact.unknown</c>.</exception>
    public static (Fact Fact, JsonElement Value) PartOf(HostFacts facts, string path, bool isMasked)
    {
        var (found, rest) = facts.Find(path) ?? facts.Find($"ansible_{path}") ?? throw Unknown(facts, path, facts.Facts.Keys);
        var whole = FactValues.Shown(found.Name, found.Value, isMasked);
        return FactValues.Part(whole, rest) is { } part
            ? (found, part)
            : throw Unknown(facts, path, whole.ValueKind == JsonValueKind.Object ? whole.EnumerateObject().Select(inner => $"{found.Name}.{inner.Name}") : []);
    }

    /// <summary>Facts of hosts that fit all conditions; secrets fit none.</summary>
    public async Task<IReadOnlyList<FoundFactInfo>> SearchAsync(IReadOnlyList<FactExpression> conditions, string? limit, CancellationToken cancellationToken)
    {
        await intake.TakeInAsync(cancellationToken);
        IReadOnlyList<string>? hosts = limit is null ? null : [.. await HostsAsync(limit, cancellationToken)];
        IReadOnlyList<string> names = [.. FactValues.Heads(conditions[0].Path).SelectMany(head => (string[])[head.Name, $"ansible_{head.Name}"])];
        var (found, now) = (new List<FoundFactInfo>(), time.GetUtcNow());
        await foreach (var facts in store.ReadAsync(hosts, conditions.Count == 1 ? names : null, cancellationToken))
        {
            var fitting = new List<FoundFactInfo>();
            foreach (var condition in conditions)
            {
                if ((facts.Find(condition.Path) ?? facts.Find($"ansible_{condition.Path}")) is not var (fact, rest)
                    || FactValues.Part(FactValues.Shown(fact.Name, fact.Value, isMasked: true), rest) is not { } value
                    || (value.ValueKind == JsonValueKind.String && value.ValueEquals(ShownValues.Mask))
                    || !condition.Fits(value))
                {
                    break;
                }

                fitting.Add(new FoundFactInfo(facts.Host, condition.Path, value, fact.GatheredAt, Seconds(now - fact.GatheredAt)));
            }

            if (fitting.Count == conditions.Count)
                found.AddRange(fitting);
        }

        return found;
    }

    /// <summary>Facts by expressions for their names and hosts; see <see cref="FactSearch"/>.</summary>
    public async Task<(List<FoundVariableInfo> Results, int Searched)> ByNameAsync(Regex? names, Regex? hosts, int limit, CancellationToken cancellationToken)
    {
        await intake.TakeInAsync(cancellationToken);
        var (results, searched) = (new List<FoundVariableInfo>(), 0);
        await foreach (var facts in store.ReadAsync(null, null, cancellationToken))
        {
            if (hosts?.IsMatch(facts.Host) == false)
                continue;
            searched++;
            foreach (var fact in facts.Facts.Values.Where(fact => names?.IsMatch(fact.Name) != false))
            {
                results.Add(new FoundVariableInfo(facts.Host, fact.Name, FactValues.Shown(fact.Name, fact.Value, isMasked: true), "facts"));
                if (results.Count == limit)
                    return (results, searched);
            }
        }

        return (results, searched);
    }

    /// <summary>What a fact is and was on a host, the latest first.</summary>
    public async Task<IReadOnlyList<FactVersionInfo>> HistoryAsync(string host, string path, bool isMasked, CancellationToken cancellationToken)
    {
        var facts = await KnownAsync(host, cancellationToken);
        var found = facts.Find(path) ?? facts.Find($"ansible_{path}");
        var (now, rest) = (found?.Fact, found?.Tail);
        var versions = (await store.HistoryAsync(host, now?.Name ?? path, cancellationToken)).ToList();
        if (now is not null)
            versions.Insert(0, new FactVersion(now.ChangedAt, null, now.Job, now.Value.Length, now.Value));
        if (versions.Count == 0)
            throw Unknown(facts, path, facts.Facts.Keys);
        var shown = versions.Select(version => new FactVersionInfo(
            version.Since, version.Until, version.Job, version.Bytes,
            version.Value is { } value ? FactValues.Part(FactValues.Shown(now?.Name ?? path, value, isMasked), rest ?? "") : null)).ToList();
        // A part of a fact may be the same while the rest of it changes.
        for (var i = shown.Count - 2; i >= 0 && !string.IsNullOrEmpty(rest); i--)
        {
            if (shown[i].Value is { } later && shown[i + 1].Value is { } earlier && JsonElement.DeepEquals(later, earlier))
            {
                shown[i] = shown[i + 1] with { Until = shown[i].Until };
                shown.RemoveAt(i + 1);
            }
        }

        return shown;
    }

    /// <summary>What of the facts of two hosts differs, by path.</summary>
    /// <param name="a">One host.</param>
    /// <param name="b">The other.</param>
    /// <param name="isAll">Also what changes all the time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<FactDifferenceInfo>> DiffAsync(string a, string b, bool isAll, CancellationToken cancellationToken)
    {
        var (left, right) = (await KnownAsync(a, cancellationToken), await KnownAsync(b, cancellationToken));
        var differences = new List<FactDifferenceInfo>();
        foreach (var name in left.Facts.Keys.Union(right.Facts.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (one, other) = (left.Facts.GetValueOrDefault(name), right.Facts.GetValueOrDefault(name));
            if (one?.Hash == other?.Hash || (!isAll && intake.IsVolatile(name)))
                continue;
            FactDiff.Add(differences, name, Shown(one), Shown(other));
        }

        return differences;

        static JsonElement? Shown(Fact? fact) => fact is null ? null : FactValues.Shown(fact.Name, fact.Value, isMasked: true);
    }

    private HostFactsInfo Info(HostFacts facts, JsonElement shown, DateTimeOffset at, Guid? job) =>
        new(facts.Host, shown, at, Seconds(time.GetUtcNow() - at), job, facts.ResetAt >= at);

    private async Task<IReadOnlySet<string>> HostsAsync(string? limit, CancellationToken cancellationToken)
    {
        var current = await inventory.GetAsync(cancellationToken);
        var hosts = current.Match(limit).ToHashSet(StringComparer.Ordinal);
        return hosts.Count > 0 || limit is null
            ? hosts
            : throw new OsismException(ErrorCodes.HostUnknown, $"no host matches '{limit}'")
            {
                Nearest = NearestNames.Find(
                    limit, current.Reading.Inventory.Hosts.Select(host => host.Name).Concat(current.Reading.Inventory.Groups.Select(group => group.Name))),
            };
    }

    private static OsismException Unknown(HostFacts facts, string path, IEnumerable<string> names) =>
        new(ErrorCodes.FactUnknown, $"the host {facts.Host} has no fact '{path}'") { Nearest = NearestNames.Find(path, names) };

    private static long Seconds(TimeSpan age) => (long)Math.Max(0, age.TotalSeconds);
}
