using System.Globalization;
using System.Text.RegularExpressions;
using Osism.Contracts;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Osism.Daemon.Collections;

/// <summary>Reads a file of collections: <c>collections: {NAME: {description, nodes: {NODE: {...}}}}</c>.</summary>
/// <remarks>What is wrong within one collection is kept with it and leaves the others usable; a file that is no YAML or of another form is refused.</remarks>
internal static partial class CollectionsFile
{
    private const string Top = "collections";

    /// <summary>Word of the API's path, which no collection can have as its name.</summary>
    private const string Reserved = "runs";

    private static readonly string[] OfCollection = ["description", "nodes"];
    private static readonly string[] OfEveryKind = ["kind", "environment", "retry", "task_timeout", "after"];
    private static readonly string[] OfRole = ["role", "overwrite", "sub", "action", "arguments"];
    private static readonly string[] OfCommand = ["command", "variables"];

    /// <param name="text">The file.</param>
    /// <param name="name">How it is named to people.</param>
    /// <param name="source">Who defines.</param>
    /// <exception cref="OsismException"><c>yaml.broken</c> or <c>collection.broken</c>, with file and line.</exception>
    public static IReadOnlyList<CollectionGraph> Parse(string text, string name, CollectionSource source)
    {
        var yaml = new YamlStream();
        try
        {
            yaml.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            // The same key twice is among what the reader refuses.
            throw Broken(ErrorCodes.YamlBroken, name, (int)e.Start.Line, e.Message.ReplaceLineEndings(" ").Trim().TrimEnd('.'), e);
        }

        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // YamlDotNet 16.3 loses its way in some flow collections that are never closed.
            throw Broken(ErrorCodes.YamlBroken, name, text.AsSpan().TrimEnd().Count('\n') + 1, "a bracket is not closed", e);
        }

        if (yaml.Documents.Count == 0 || IsNothing(yaml.Documents[0].RootNode))
        {
            return [];
        }

        if (yaml.Documents is not [{ RootNode: YamlMappingNode root }])
        {
            throw Broken(ErrorCodes.CollectionBroken, name, 1, $"the file must be one mapping with the key '{Top}'", null);
        }

        if (root.FirstOrDefault(entry => Text(entry.Key) != Top).Key is { } other)
        {
            throw Broken(ErrorCodes.CollectionBroken, name, Line(other), $"there is no key '{Text(other)}' here; the one there is is '{Top}'", null);
        }

        var all = root.Children.Values.First();
        return IsNothing(all) ? []
            : all is YamlMappingNode mapping ? [.. mapping.Select(entry => Collection(entry.Key, entry.Value, source))]
            : throw Broken(ErrorCodes.CollectionBroken, name, Line(all), $"'{Top}' must be a mapping of names to collections", null);
    }

    private static CollectionGraph Collection(YamlNode key, YamlNode value, CollectionSource source)
    {
        var name = Text(key) ?? "";
        var graph = new CollectionGraph(name, source, []);
        try
        {
            RequireName(key, "collection");
            if (name == Reserved)
            {
                throw new FaultException(key, $"a collection cannot be named '{Reserved}'");
            }

            var fields = Mapping(value, $"the collection {name}");
            RequireFields(fields, OfCollection, $"the collection {name}");
            graph = graph with { Description = fields.TryGetValue("description", out var description) ? Scalar(description, "description") : null };
            if (!fields.TryGetValue("nodes", out var nodes))
            {
                throw new FaultException(key, "it has no 'nodes'");
            }

            graph = graph with { Nodes = [.. Mapping(nodes, "nodes").Select(entry => Node(entry.Key, entry.Value))] };
            return graph with { Fault = GraphOrder.FindFault(graph.Nodes, Line(key)) };
        }
        catch (FaultException e)
        {
            return graph with { Fault = new CollectionFault(e.Message, Line(e.Node)) };
        }
    }

    private static CollectionNode Node(YamlNode key, YamlNode value)
    {
        RequireName(key, "node");
        var name = Text(key)!;
        var what = $"the node {name}";
        var fields = Mapping(value, what);
        var kind = fields.TryGetValue("kind", out var said) ? Scalar(said, "kind") : fields.ContainsKey("command") ? JobKinds.Command : JobKinds.Ansible;
        string[] known = kind switch
        {
            JobKinds.Ansible => [.. OfEveryKind, .. OfRole],
            JobKinds.Command => [.. OfEveryKind, .. OfCommand],
            JobKinds.Noop => OfEveryKind,
            _ => throw new FaultException(said!, $"{what} is of the kind '{kind}'; there are {JobKinds.Ansible}, {JobKinds.Command} and {JobKinds.Noop}"),
        };
        RequireFields(fields, known, kind == JobKinds.Ansible ? what : $"{what}, which is a {kind},");
        var node = new CollectionNode(name)
        {
            Kind = kind,
            Role = kind == JobKinds.Ansible ? Optional("role") ?? name : null,
            Environment = Optional("environment"),
            Overwrite = Optional("overwrite"),
            Sub = Optional("sub"),
            Action = Optional("action"),
            Arguments = Texts("arguments"),
            Command = Texts("command"),
            Variables = fields.TryGetValue("variables", out var variables)
                ? Mapping(variables, "variables").ToDictionary(entry => VariableName(entry.Key), entry => Scalar(entry.Value, "variables"), StringComparer.Ordinal)
                : null,
            Retry = Number("retry", 0),
            TaskTimeout = Number("task_timeout", 1),
            After = fields.TryGetValue("after", out var after) && after is YamlScalarNode && !IsNothing(after) ? [Scalar(after, "after")] : Texts("after"),
            Line = Line(key),
        };
        return kind == JobKinds.Command && node.Command.Count == 0
            ? throw new FaultException(key, $"{what} has no words in 'command'; it is a list: [PROGRAM, ARGUMENT, ...]")
            : node;

        string? Optional(string field) => fields.TryGetValue(field, out var node) && !IsNothing(node) ? Scalar(node, $"{field} of {what}") : null;

        List<string> Texts(string field) => !fields.TryGetValue(field, out var node) || IsNothing(node) ? []
            : node is YamlSequenceNode list ? [.. list.Select(item => Scalar(item, $"{field} of {what}"))]
            : throw new FaultException(node, $"{field} of {what} must be a list");

        int? Number(string field, int least) => Optional(field) is not { } text ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least ? number
            : throw new FaultException(fields[field], $"{field} of {what} is '{text}': it must be a whole number from {least}");
    }

    private static Dictionary<YamlNode, YamlNode> Nothing() => [];

    private static Fields Mapping(YamlNode node, string what) =>
        node is YamlMappingNode mapping ? new Fields(mapping.Children)
        : IsNothing(node) ? new Fields(Nothing())
        : throw new FaultException(node, $"{what} must be a mapping");

    private static void RequireFields(Fields fields, string[] known, string what)
    {
        if (fields.FirstOrDefault(entry => !known.Contains(Text(entry.Key), StringComparer.Ordinal)).Key is { } unknown)
        {
            throw new FaultException(unknown, $"{what} has no field '{Text(unknown)}'; there are {string.Join(", ", known)}");
        }
    }

    private static void RequireName(YamlNode key, string what)
    {
        if (Text(key) is not { } name || !Name().IsMatch(name))
        {
            throw new FaultException(key, $"'{Text(key)}' cannot be the name of a {what}: letters, digits, '-', '_' and '.' make one");
        }
    }

    private static string VariableName(YamlNode key) => Text(key) is { } name && Variable().IsMatch(name)
        ? name
        : throw new FaultException(key, $"'{Text(key)}' cannot be the name of a variable: letters, digits and '_' make one");

    private static string Scalar(YamlNode node, string what) =>
        Text(node) is { } text && !IsNothing(node) && !text.Contains('\0', StringComparison.Ordinal) ? text : throw new FaultException(node, $"{what}: a text is needed here");

    private static string? Text(YamlNode node) => (node as YamlScalarNode)?.Value;

    private static bool IsNothing(YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" };

    private static int Line(YamlNode node) => (int)node.Start.Line;

    private static OsismException Broken(ErrorCode code, string file, int line, string message, Exception? inner) =>
        new(code, $"{file}, line {line}: {message}", inner) { File = file, Line = line };

    // Names stand in paths of the API and in chains (a//b).
    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    // POSIX.1-2017 XBD 8.1.
    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();

    /// <summary>Entries of a mapping by the text of their keys.</summary>
    private sealed class Fields(IEnumerable<KeyValuePair<YamlNode, YamlNode>> entries) : List<KeyValuePair<YamlNode, YamlNode>>(entries)
    {
        public YamlNode this[string name] => TryGetValue(name, out var value) ? value : throw new KeyNotFoundException(name);

        public bool ContainsKey(string name) => TryGetValue(name, out _);

        public bool TryGetValue(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out YamlNode? value)
        {
            value = Find(entry => Text(entry.Key) == name).Value;
            return value is not null;
        }
    }

    /// <summary>Ends the reading of one collection.</summary>
    private sealed class FaultException(YamlNode node, string message) : Exception(message)
    {
        public YamlNode Node { get; } = node;
    }
}
