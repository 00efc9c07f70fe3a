using System.Security.Cryptography;
using System.Text;

namespace Osism.Testing.Sequence;

/// <summary>Compares what is on the nodes with what a plan says is left there.</summary>
public static class SequenceMarks
{
    /// <summary>What does not fit, a sentence each: lines that are missing, too many or in another order, files that are not new.</summary>
    /// <param name="site">Whose nodes.</param>
    /// <param name="plan">What was done, each step once.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    public static async Task<IReadOnlyList<string>> FaultsAsync(SequenceSite site, SequencePlan plan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(site);
        ArgumentNullException.ThrowIfNull(plan);
        var hosts = await HostsAsync(site, plan, cancellationToken);
        var faults = new List<string>();
        var first = (await site.HostsAsync("control[0]", cancellationToken))[0];
        foreach (var (node, journal) in await site.JournalsAsync(cancellationToken))
        {
            var here = plan.Steps.SelectMany(step => step.Lines.Where(mark => hosts[mark.Hosts].Contains(node)).Select(mark => (step, Line: Whole(mark.Line)))).ToList();
            Compare(faults, node, [.. here.Select(mark => mark.Line), .. node == first ? Pulled(plan) : []], journal);
            var line = here.Where(mark => !mark.step.Background).Select(mark => mark.Line).ToList();
            var walked = journal.Where(line.Contains).ToList();
            if (!walked.SequenceEqual(line, StringComparer.Ordinal))
            {
                faults.Add($"{node}: the order was {Names(walked)} instead of {Names(line)}");
            }
        }

        foreach (var (path, pattern) in plan.Steps.SelectMany(step => step.Files))
        {
            foreach (var node in hosts[pattern])
            {
                if (!await site.HasNewAsync(node, path, cancellationToken))
                {
                    faults.Add($"{node}: {path} was not written");
                }
            }
        }

        return faults;
    }

    private static void Compare(List<string> faults, string node, IReadOnlyList<string> wanted, IReadOnlyList<string> found)
    {
        foreach (var line in wanted.Union(found, StringComparer.Ordinal))
        {
            var (want, have) = (wanted.Count(other => other == line), found.Count(other => other == line));
            if (want != have)
            {
                faults.Add($"{node}: {have} x '{line}' instead of {want}");
            }
        }
    }

    private static async Task<Dictionary<string, IReadOnlyList<string>>> HostsAsync(SequenceSite site, SequencePlan plan, CancellationToken cancellationToken)
    {
        var hosts = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var pattern in plan.Steps.SelectMany(step => step.Leaves.Values).Distinct(StringComparer.Ordinal))
        {
            hosts[pattern] = await site.HostsAsync(pattern, cancellationToken);
            if (hosts[pattern].Count == 0)
            {
                throw new InvalidOperationException($"no host of the sequence is meant by {pattern}");
            }
        }

        return hosts;
    }

    /// <summary>The lines of what is pulled: those of the same roles, with another action.</summary>
    private static IEnumerable<string> Pulled(SequencePlan plan)
    {
        var roles = SequencePlan.Load().Steps.Where(step => step.Role is not null).ToLookup(step => step.Role!, StringComparer.Ordinal);
        return plan.Steps.SelectMany(step => step.Pulls).SelectMany(role => roles[role].SelectMany(step => step.Lines)).Select(mark => Whole(mark.Line.Replace(" deploy ", " pull ", StringComparison.Ordinal)));
    }

    /// <summary>As the role <c>mark</c> writes it.</summary>
    private static string Whole(string line)
    {
        var words = line.Split(' ');
        return $"{words[0]} {words[1]} {words[2]} {SecretHash.Value} {(words.Length > 3 ? words[3] : "-")}";
    }

    private static readonly Lazy<string> SecretHash = new(() =>
    {
        const string Secret = "keystone_admin_password: ";
        var value = File.ReadLines(Checkout.PathOf("examples", "pod", "environments", "secrets.yml")).First(line => line.StartsWith(Secret, StringComparison.Ordinal))[Secret.Length..];
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)));
    });

    private static string Names(IReadOnlyList<string> lines) => string.Join(", ", lines.Select(line => line.Split(' ')[0]));
}
