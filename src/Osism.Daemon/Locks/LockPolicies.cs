using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Runtimes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Osism.Daemon.Locks;

/// <summary>Which runs exclude each other: the section <c>locks</c> of <c>environments/policies.yml</c>. Without it none do.</summary>
internal sealed class LockPolicies(ConfigurationRepository repository, RunRouter router, TimeProvider time)
{
    public const string FileName = "policies.yml";

    private Known? _known;

    private string File => Path.Combine(repository.Environments, FileName);

    /// <summary>The places a run wants, each key once.</summary>
    /// <exception cref="OsismException">The file is broken (<c>yaml.broken</c>, <c>configuration.broken</c>) or cannot be read.</exception>
    public IReadOnlyList<LockWish> WishesOf(string environment, string? sub, IReadOnlyList<string> plays) =>
        [.. Current().SelectMany(rule => rule.WishesOf(environment, sub, plays)).DistinctBy(wish => wish.Key, StringComparer.Ordinal)];

    private IReadOnlyList<LockRule> Current()
    {
        try
        {
            var stamp = FileStamp.Of(File);
            if (_known is { } known && known.Stamp == stamp)
                return known.Rules;
            var readAt = time.GetUtcNow();
            IReadOnlyList<LockRule> rules = stamp is null ? [] : Read(System.IO.File.ReadAllText(File));
            // Kept only when no write can have slipped in between the stamp and the content.
            if (stamp is null || stamp.Value.IsSettled(readAt))
                _known = new Known(stamp, rules);
            return rules;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new OsismException(ErrorCodes.RepositoryUnreadable, $"{repository.Relative(File)} cannot be read: {e.Message}", e) { File = repository.Relative(File) };
        }
    }

    /// <summary>Reads the file; other sections than <c>locks</c> are somebody else's.</summary>
    internal List<LockRule> Read(string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new OsismException(ErrorCodes.YamlBroken, $"{repository.Relative(File)}, line {e.Start.Line}: {e.Message.ReplaceLineEndings(" ")}", e)
            {
                File = repository.Relative(File),
                Line = (int)e.Start.Line,
            };
        }

        if (stream.Documents.Count == 0 || stream.Documents[0].RootNode is YamlScalarNode { Value: "" or null })
            return [];
        var root = stream.Documents[0].RootNode as YamlMappingNode ?? throw Broken(stream.Documents[0].RootNode, "must be a mapping with the section 'locks'");
        if (!root.Children.TryGetValue(new YamlScalarNode("locks"), out var section))
            return [];
        var rules = (section as YamlSequenceNode ?? throw Broken(section, "'locks' must be a list")).Children.Select(Rule).ToList();
        foreach (var same in rules.Where(rule => rule.Key is not null).GroupBy(rule => rule.Key, StringComparer.Ordinal))
        {
            if (same.Select(rule => rule.Policy).Distinct().Count() > 1)
                throw Broken(same.Last().Line, $"the key {same.Key} has two policies: a key has one");
        }

        return rules;
    }

    private LockRule Rule(YamlNode node)
    {
        var rule = new LockRule((int)node.Start.Line);
        foreach (var (name, value) in node as YamlMappingNode ?? throw Broken(node, "a rule must be a mapping with environment, role, key, hosts or policy"))
        {
            if (value is not YamlScalarNode { Value: { Length: > 0 } text })
                throw Broken(value, $"'{name}' must have one value");
            rule = name.ToString() switch
            {
                "environment" => rule with { Environment = Environment(value, text) },
                "role" => rule with { Role = text },
                "key" => rule with { Key = text },
                "hosts" => rule with { ByHosts = text is "true" or "yes" ? true : text is "false" or "no" ? false : throw Broken(value, "'hosts' is true or false") },
                "policy" => rule with
                {
                    Policy = text switch
                    {
                        "queue" => LockPolicy.Queue,
                        "reject" => LockPolicy.Reject,
                        "replace" => LockPolicy.Replace,
                        "coalesce" => LockPolicy.Coalesce,
                        _ => throw Broken(value, $"there is no policy '{text}': use queue, reject, replace or coalesce"),
                    },
                },
                var other => throw Broken(name, $"a rule has no '{other}': use environment, role, key, hosts or policy"),
            };
        }

        if (rule is { Environment: null, Role: null, Key: null, ByHosts: false })
            throw Broken(node, "a rule without environment, role, key and hosts is on nothing");
        return rule.Role is null ? rule : rule with { Role = Play(node, rule) };
    }

    private string Environment(YamlNode node, string environment) => repository.ListEnvironments().Contains(environment, StringComparer.Ordinal)
        ? environment
        : throw Broken(node, $"there is no environment {environment}");

    /// <summary>The role as locks name it, without a prefix such as <c>kolla-</c>.</summary>
    private string Play(YamlNode node, LockRule rule)
    {
        try
        {
            return router.Route(new RunRequest(rule.Role!) { Environment = rule.Environment }).Role;
        }
        catch (OsismException e)
        {
            throw Broken(node, e.Message);
        }
    }

    private OsismException Broken(YamlNode node, string what) => Broken((int)node.Start.Line, what);

    private OsismException Broken(int line, string what) =>
        new(ErrorCodes.ConfigurationBroken, $"{repository.Relative(File)}, line {line}: {what}") { File = repository.Relative(File), Line = line };

    /// <param name="Stamp">Of the file; null when there is none.</param>
    private sealed record Known(FileStamp? Stamp, IReadOnlyList<LockRule> Rules);
}
