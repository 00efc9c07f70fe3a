namespace Osism.Contracts;

/// <summary>Paths of the HTTP API, for both ends.</summary>
public static class ApiRoutes
{
    public const string Jobs = "/v1/jobs";
    public const string Chain = "/v1/jobs/chain";
    public const string Explain = "/v1/runs/explain";
    public const string Locks = "/v1/locks";
    public const string Roles = "/v1/roles";
    public const string Runtimes = "/v1/runtimes";
    public const string Workers = "/v1/workers";
    public const string Collections = "/v1/collections";
    public const string CollectionRuns = "/v1/collections/runs";
    public const string WorkerTokens = "/v1/workers/tokens";
    public const string Status = "/v1/status";
    public const string Vault = "/v1/vault";
    public const string VaultPassword = "/v1/vault/password";
    public const string VaultView = "/v1/vault/view";
    public const string VaultDecrypt = "/v1/vault/decrypt";
    public const string VaultCheck = "/v1/vault/check";
    public const string ConfigurationSync = "/v1/configuration/sync";
    public const string ConfigurationCheck = "/v1/configuration/check";
    public const string Inventory = "/v1/inventory";
    public const string InventoryQuery = "/v1/inventory/query";
    public const string InventoryHosts = "/v1/inventory/hosts";
    public const string InventoryExplain = "/v1/inventory/explain";
    public const string InventoryLint = "/v1/inventory/lint";
    public const string InventoryFind = "/v1/inventory/find";
    public const string InventoryReconcile = "/v1/inventory/reconcile";
    public const string InventoryRevisions = "/v1/inventory/revisions";
    public const string InventoryPin = "/v1/inventory/pin";
    public const string Facts = "/v1/facts";
    public const string FactsQuery = "/v1/facts/query";
    public const string FactsSearch = "/v1/facts/search";
    public const string FactsDiff = "/v1/facts/diff";
    public const string FactsReset = "/v1/facts/reset";
    public const string Prune = "/v1/jobs/prune";
    public const string Notifications = "/v1/notifications";
    public const string Services = "/v1/services";
    public const string ServicesHealth = "/v1/services/health";
    public const string ServicesPlan = "/v1/services/plan";
    public const string ServicesRuns = "/v1/services/runs";
    public const string ServicesVersions = "/v1/services/versions";
    public const string Schedules = "/v1/schedules";
    public const string Results = "/v1/results";
    public const string ResultHosts = "/v1/results/hosts";
    public const string Search = "/v1/search";
    public const string Health = "/healthz";
    public const string Ready = "/readyz";
    public const string Metrics = "/metrics";
    public const string OpenApi = "/openapi/v1.json";

    /// <summary>Total bytes of output stored when the answer was made.</summary>
    public const string OutputLengthHeader = "Osism-Output-Length";

    /// <summary><c>true</c> once no more output will come.</summary>
    public const string OutputCompleteHeader = "Osism-Output-Complete";

    /// <summary>State of the job when the answer was made.</summary>
    public const string JobStateHeader = "Osism-Job-State";

    /// <summary>Request header of a submission: a UUID. Sent again under the same one it makes no second job.</summary>
    public const string IdempotencyKeyHeader = "Idempotency-Key";

    /// <summary>Query parameter that takes the <c>next</c> of a page.</summary>
    public const string CursorParameter = "next";

    public static string Role(string name) => $"{Roles}/{Uri.EscapeDataString(name)}";

    public static string Job(Guid id) => $"{Jobs}/{id}";

    /// <summary>One job; the answer waits up to <paramref name="waitSeconds"/> for its end.</summary>
    public static string JobEnd(Guid id, int waitSeconds) => $"{Jobs}/{id}?wait={waitSeconds}";

    /// <summary>The jobs that repeat this one.</summary>
    public static string RetriesOf(Guid id) => $"{Jobs}?retry_of={id}";

    /// <summary>Hosts that a pattern means; null = all.</summary>
    public static string InventoryHostsOf(string? pattern) => pattern is null ? InventoryHosts : $"{InventoryHosts}?limit={Uri.EscapeDataString(pattern)}";

    /// <summary>What in the inventory holds a text; up to <paramref name="limit"/> at once.</summary>
    public static string InventoryFindText(string text, int limit) => $"{InventoryFind}?text={Uri.EscapeDataString(text)}&limit={limit}";

    /// <summary>What differs between two revisions of the inventory.</summary>
    public static string InventoryDiff(long from, long to) => $"{InventoryRevisions}/{from}/diff/{to}";

    /// <summary>Puts a revision into effect until the sources change.</summary>
    public static string InventoryRollback(long revision) => $"{InventoryRevisions}/{revision}/rollback";

    /// <summary>Puts a revision into effect until the pin is taken off.</summary>
    public static string InventoryPinTo(long revision) => $"{InventoryRevisions}/{revision}/pin";

    /// <summary>How old the facts of hosts are; null = of all.</summary>
    public static string FactAges(string? pattern) => pattern is null ? Facts : $"{Facts}?limit={Uri.EscapeDataString(pattern)}";

    /// <summary>What a fact was on a host.</summary>
    public static string FactHistory(string host, string fact) => $"{Facts}/{Uri.EscapeDataString(host)}/history?fact={Uri.EscapeDataString(fact)}";

    /// <summary>What a host says about itself.</summary>
    public static string HostStates(string host) => $"{Facts}/{Uri.EscapeDataString(host)}/states";

    /// <summary>What differs between the facts of two hosts.</summary>
    public static string FactDifferences(string a, string b, bool all) => $"{FactsDiff}?a={Uri.EscapeDataString(a)}&b={Uri.EscapeDataString(b)}&all={(all ? "true" : "false")}";

    /// <summary>Hosts whose facts fit all expressions.</summary>
    public static string FactsThatFit(IEnumerable<string> expressions, string? pattern) =>
        $"{FactsSearch}?{string.Join('&', expressions.Select(one => $"where={Uri.EscapeDataString(one)}"))}{(pattern is null ? "" : $"&limit={Uri.EscapeDataString(pattern)}")}";

    public static string Collection(string name) => $"{Collections}/{name}";

    public static string CollectionRun(Guid id) => $"{CollectionRuns}/{id}";

    /// <summary>One run; the answer waits up to <paramref name="waitSeconds"/> for something other than <paramref name="version"/>.</summary>
    public static string CollectionRunSince(Guid id, string version, int waitSeconds) => $"{CollectionRuns}/{id}?since={version}&wait={waitSeconds}";

    public static string CancelCollectionRun(Guid id) => $"{CollectionRuns}/{id}/cancel";

    public static string ResumeCollectionRun(Guid id) => $"{CollectionRuns}/{id}/resume";

    /// <summary>The workers of one name, home or id.</summary>
    public static string Worker(string name) => $"{Workers}/{Uri.EscapeDataString(name)}";

    public static string DrainWorker(string name, string? reason) =>
        $"{Worker(name)}/drain{(reason is null ? "" : $"?reason={Uri.EscapeDataString(reason)}")}";

    public static string ResumeWorker(string name) => $"{Worker(name)}/resume";

    public static string Cancel(Guid id) => $"{Jobs}/{id}/cancel";

    public static string Rerun(Guid id) => $"{Jobs}/{id}/rerun";

    public static string Forget(Guid id) => $"{Jobs}/{id}/forget";

    public static string Pin(Guid id) => $"{Jobs}/{id}/pin";

    public static string NotificationTest(string name) => $"{Notifications}/{Uri.EscapeDataString(name)}/test";

    public static string Service(string name) => $"{Services}/{Uri.EscapeDataString(name)}";

    /// <summary>Services of a layer, or all; on request with those that are retired.</summary>
    public static string ServicesOf(string? layer, bool all) =>
        $"{Services}?all={(all ? "true" : "false")}{(layer is null ? "" : $"&layer={Uri.EscapeDataString(layer)}")}";

    /// <summary>Whether services work; no name = those that are wanted.</summary>
    public static string ServicesHealthOf(IReadOnlyList<string> names, string? layer) => OfServices(ServicesHealth, names, layer, null);

    /// <summary>Whether containers are of the version the configuration asks for; no name = those of all services. <paramref name="limit"/> is a pattern of hosts.</summary>
    public static string ServicesVersionsOf(IReadOnlyList<string> names, string? layer, string? limit) => OfServices(ServicesVersions, names, layer, limit);

    private static string OfServices(string route, IReadOnlyList<string> names, string? layer, string? limit)
    {
        var query = names.Select(name => ("name", (string?)name)).Append(("layer", layer)).Append(("limit", limit))
            .Where(one => one.Item2 is not null).Select(one => $"{one.Item1}={Uri.EscapeDataString(one.Item2!)}");
        return string.Join('?', new[] { route, string.Join('&', query) }.Where(part => part.Length > 0));
    }

    public static string Schedule(string name) => $"{Schedules}/{Uri.EscapeDataString(name)}";

    /// <summary>Its next <paramref name="count"/> occurrences.</summary>
    public static string ScheduleNext(string name, int count) => $"{Schedule(name)}/next?n={count}";

    public static string ScheduleHistory(string name, int limit) => $"{Schedule(name)}/history?limit={limit}";

    public static string ScheduleRun(string name) => $"{Schedule(name)}/run";

    public static string SchedulePause(string name) => $"{Schedule(name)}/pause";

    public static string ScheduleResume(string name) => $"{Schedule(name)}/resume";

    public static string Hosts(Guid id) => $"{Jobs}/{id}/hosts";

    public static string History(Guid id) => $"{Jobs}/{id}/history";

    /// <summary>What a job did, task by task and host by host.</summary>
    public static string JobResults(Guid id) => $"{Jobs}/{id}/results";

    /// <summary>One result in full.</summary>
    public static string Result(long id) => $"{Results}/{id}";

    /// <summary>All jobs that touched a host.</summary>
    public static string ResultHost(string host) => $"{ResultHosts}/{Uri.EscapeDataString(host)}";

    public static string Events(Guid id) => $"{Jobs}/{id}/events";

    /// <summary>Bytes from <paramref name="offset"/>; waits up to <paramref name="waitSeconds"/> for the first of them.</summary>
    public static string Output(Guid id, long offset, int waitSeconds) => $"{Jobs}/{id}/output?offset={offset}&wait={waitSeconds}";
}
