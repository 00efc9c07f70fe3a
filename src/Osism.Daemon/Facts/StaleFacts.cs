using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Contracts.Facts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Facts;

/// <summary>Says what facts are too old to be used, and what that means for a role.</summary>
internal sealed class StaleFacts(FactStore store, CurrentInventory inventory, IOptions<FactsOptions> options)
{
    /// <summary>The code of the warning.</summary>
    public const string Warning = "facts.old";

    // Gather facts themselves, or use none. Source of the first two: python-osism, osism/commands/apply.py.
    private static readonly string[] Exempt =
        ["facts", "gather-facts", "ping", "noop", "wait-for-connection", "operator", "reboot", "halt", "state-bootstrap", "state-maintenance", "known-hosts", "sshconfig", "dump-facts", "write-facts"];

    private const int MostNamed = 5;

    public FactsPolicy Policy => options.Value.Policy;

    /// <summary>One of <see cref="FactStates"/>.</summary>
    public string StateOf(FactAge age, DateTimeOffset now) =>
        age.IsReset ? FactStates.Reset : (now - age.GatheredAt).TotalSeconds > options.Value.MaxAge ? FactStates.Old : FactStates.Fresh;

    /// <summary>Whether roles of these names are looked at: those that bring or need no facts are not.</summary>
    public bool Concerns(IEnumerable<string> plays) => Policy != FactsPolicy.Off && !plays.All(play => Exempt.Contains(play, StringComparer.Ordinal));

    /// <summary>Whether roles of these names gather the facts of their hosts.</summary>
    public static bool Gathers(IEnumerable<string> plays) => plays.Any(play => play is "facts" or "gather-facts");

    /// <summary>Which hosts have no facts that can be used; null when all have.</summary>
    /// <param name="limit">A pattern, as <c>--limit</c> of Ansible has it; null = all hosts of the inventory, as it is not known which of them a play means.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<StaleHosts?> FindAsync(string? limit, CancellationToken cancellationToken)
    {
        List<string> hosts;
        try
        {
            hosts = (await inventory.GetAsync(cancellationToken)).Match(limit);
        }
        catch (OsismException)
        {
            // Ansible says what is wrong with the pattern.
            return null;
        }

        hosts.RemoveAll(host => host is "localhost" or "127.0.0.1" or "::1");
        var stale = await store.StaleAsync(hosts, options.Value.MaxAge, cancellationToken);
        return stale.Count == 0 ? null : new StaleHosts(stale, Word(stale, hosts.Count));
    }

    private string Word(IReadOnlyList<string> stale, int all)
    {
        var which = stale.Count == all && all > 1 ? $"all {all} hosts" : string.Join(", ", stale.Take(MostNamed)) + (stale.Count > MostNamed ? $" and {stale.Count - MostNamed} more" : "");
        return $"facts of {which} are missing, reset or older than {options.Value.MaxAge} s";
    }
}

/// <summary>Hosts whose facts cannot be used.</summary>
/// <param name="Hosts">By name.</param>
/// <param name="Message">For people.</param>
internal sealed record StaleHosts(IReadOnlyList<string> Hosts, string Message)
{
    /// <summary><c>facts.old</c>.</summary>
    public OsismException ToRefusal() => new(ErrorCodes.FactsOld, $"{Message}; 'osism apply facts' gathers them, and the setting facts.policy says what happens to roles until then");

    public ReasonInfo ToWarning() => new(StaleFacts.Warning, $"{Message}: 'osism apply facts' gathers them");
}
