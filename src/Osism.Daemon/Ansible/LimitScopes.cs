using System.Text.RegularExpressions;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.Daemon.Inventory.Current;
using Osism.Daemon.Locks;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Daemon.Ansible;

/// <summary>Finds out whether a limit leaves out hosts without which a role does harm: what the scope of the role says (<c>roles.yml</c> of its runtime).</summary>
internal sealed partial class LimitScopes(CurrentInventory inventory, RoleTable roles, RuntimeCatalog runtimes)
{
    private const string Group = "group";
    public const string Everything = "everything";

    // What stands in such expressions besides.
    private static readonly string[] Words = ["default", "groups", "join", "true", "false", "else", "if", "and", "or", "not", "in"];

    /// <summary>Asked of the role; null when the limit is as wide as it must be, or when nobody can say.</summary>
    /// <remarks>Nobody can where a variable that the play's <c>hosts</c> asks for is set by the run, and of a play of the operator's own.</remarks>
    public async Task<NarrowLimit?> FindAsync(ComposedRun run, CancellationToken cancellationToken)
    {
        var route = run.Route;
        if (HostSets.Limit(route.Arguments) is not { } limit
            || roles.Current().NoteOf(route.Runtime, route.Role) is not { Scope: Group or Everything, Hosts: { } pattern } note
            || !run.Plan.Playbook.StartsWith(runtimes.FolderOf(route.Runtime) + "/", StringComparison.Ordinal)
            || !File.Exists(run.Plan.Playbook))
        {
            return null;
        }

        var names = VariablesOfHosts(await File.ReadAllTextAsync(run.Plan.Playbook, cancellationToken));
        if (route.Arguments.Any(argument => names.Any(name => argument.Contains(name, StringComparison.Ordinal))) || await SetsAnyAsync(run.Plan.ExtraVarsFiles, names, cancellationToken))
            return null;

        List<string> needed, given;
        try
        {
            var known = await inventory.GetAsync(cancellationToken);
            needed = known.Match(pattern);
            given = known.Match(limit);
        }
        catch (OsismException)
        {
            // Ansible says what is wrong with the pattern.
            return null;
        }

        var left = needed.Except(given, StringComparer.Ordinal).Where(host => host != "localhost").ToList();
        return left.Count == 0 ? null : new NarrowLimit(route.Role, note, limit, left, needed.Count);
    }

    /// <summary>Names of variables in the <c>hosts</c> of the plays of a playbook.</summary>
    internal static IReadOnlyList<string> VariablesOfHosts(string playbook) =>
        [.. Hosts().Matches(playbook).SelectMany(line => Expression().Matches(line.Groups["value"].Value))
            .SelectMany(expression => Name().Matches(Text().Replace(expression.Value, ""))).Select(name => name.Value)
            .Except(Words, StringComparer.Ordinal).Distinct(StringComparer.Ordinal)];

    /// <summary>Whether one of the files sets one of the variables; what is encrypted as a whole cannot be read and is taken for no.</summary>
    private static async Task<bool> SetsAnyAsync(IEnumerable<string> files, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        foreach (var file in files.Where(File.Exists))
        {
            var text = await File.ReadAllTextAsync(file, cancellationToken);
            if (Key().Matches(text).Any(key => names.Contains(key.Groups["name"].Value, StringComparer.Ordinal)))
                return true;
        }

        return false;
    }

    [GeneratedRegex(@"^(- |  )hosts:[ ]*(?<value>.+)$", RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Hosts();

    [GeneratedRegex(@"\{\{.*?\}\}", RegexOptions.CultureInvariant)]
    private static partial Regex Expression();

    [GeneratedRegex(@"'[^']*'", RegexOptions.CultureInvariant)]
    private static partial Regex Text();

    [GeneratedRegex(@"\b[A-Za-z_]\w*", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"^[""']?(?<name>\w+)[""']?\s*:", RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Key();
}

/// <summary>A limit that leaves out hosts which a role needs.</summary>
/// <param name="Role">The role.</param>
/// <param name="Note">What its runtime says of it.</param>
/// <param name="Limit">As it was given.</param>
/// <param name="Left">The hosts it leaves out, by name.</param>
/// <param name="Needed">How many the role needs.</param>
internal sealed record NarrowLimit(string Role, RoleNote Note, string Limit, IReadOnlyList<string> Left, int Needed)
{
    /// <summary>Code of the warnings.</summary>
    public const string Narrow = "limit.too_narrow";

    /// <summary>The same where the limit was taken away.</summary>
    public const string Widened = "limit.widened";

    private const int MostNamed = 5;

    /// <summary>What Ansible is given besides: for it the last limit counts.</summary>
    public static readonly IReadOnlyList<string> All = ["-l", "all"];

    /// <summary>Whether it may run all the same unless somebody said otherwise: it changes nothing that others depend on.</summary>
    public bool IsHarmless => Note.Danger == "none";

    public OsismException ToRefusal() => new(
        ErrorCodes.LimitTooNarrow,
        $"{Why}; leave -l out, or say --limit-policy widen (run it on all of them) or --limit-policy allow (run it as it is)");

    public ReasonInfo ToWarning() => new(Narrow, Why);

    public ReasonInfo ToWidening() => new(Widened, $"{Why}: it runs on all of them");

    private string Why
    {
        get
        {
            var needs = $"all of {Note.Hosts} together{(Note.Scope == LimitScopes.Everything ? ", as what it writes to each depends on all" : "")}";
            var left = Left.Count == Needed ? $"none of them is in -l {Limit}"
                : $"-l {Limit} leaves out {string.Join(", ", Left.Take(MostNamed))}{(Left.Count > MostNamed ? $" and {Left.Count - MostNamed} more" : "")}";
            return $"{Role} needs {needs}, and {left}";
        }
    }
}
