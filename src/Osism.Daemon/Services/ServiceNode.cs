using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Osism.Daemon.Services;

/// <summary>The fields of one mapping in a file of services. What is wrong with a field is told, and the field counts as not said.</summary>
/// <param name="what">How the mapping is named to people.</param>
/// <param name="mapping">The mapping.</param>
/// <param name="fault">Is told line and message.</param>
internal sealed class ServiceNode(string what, YamlMappingNode mapping, Action<int, string> fault)
{
    /// <summary>Complains about fields that nobody knows.</summary>
    /// <returns>Whether there were none.</returns>
    public bool RequireFields(IReadOnlyList<string> known)
    {
        var unknown = mapping.Select(field => field.Key).Where(key => !known.Contains(TextOf(key), StringComparer.Ordinal)).ToList();
        foreach (var key in unknown)
        {
            fault(LineOf(key), $"{what} has no field '{TextOf(key)}'; there are {string.Join(", ", known)}");
        }

        return unknown.Count == 0;
    }

    public bool Has(string field) => Find(field) is not null;

    public bool IsNothing(string field) => Find(field) is { } node && IsNothing(node);

    /// <summary>A text; null when it is not said, is nothing or no text.</summary>
    public string? Text(string field) => Find(field) is not { } node || IsNothing(node) ? null
        : TextOf(node) is { Length: > 0 } text ? text
        : Wrong<string>(node, $"{field} of {what} must be a text");

    /// <summary>A name as Ansible, the API and the command line take it.</summary>
    public string? Name(string field) => Text(field) is { } text && Checked(Find(field)!, field, text) ? text : null;

    public bool? Flag(string field) => Text(field) switch
    {
        null => null,
        var text when ServiceScope.Truth(text) is { } value => value,
        var text => WrongFlag(field, text),
    };

    /// <summary>A whole number within bounds.</summary>
    public int? Number(string field, int least, int most) => Text(field) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : WrongNumber(field, $"{field} of {what} is '{text}': it must be a whole number from {least} to {most}");

    /// <summary>A list of names; those that are none are left out.</summary>
    public IReadOnlyList<string> Names(string field)
    {
        var names = new List<string>();
        foreach (var item in Items(field))
        {
            if (TextOf(item) is { Length: > 0 } name && !IsNothing(item) && Checked(item, field, name))
            {
                names.Add(name);
            }
        }

        return names;
    }

    /// <summary>The items of a list; one text stands for a list of it.</summary>
    public IReadOnlyList<YamlNode> Items(string field) => Find(field) switch
    {
        null => [],
        YamlSequenceNode list => [.. list.Children],
        var node when IsNothing(node) => [],
        YamlScalarNode one => [one],
        var node => Wrong<IReadOnlyList<YamlNode>>(node, $"{field} of {what} must be a list") ?? [],
    };

    /// <summary>The entries of a mapping within.</summary>
    public IReadOnlyList<KeyValuePair<YamlNode, YamlNode>> Entries(string field) => Find(field) switch
    {
        null => [],
        YamlMappingNode inner => [.. inner.Children],
        var node when IsNothing(node) => [],
        var node => Wrong<IReadOnlyList<KeyValuePair<YamlNode, YamlNode>>>(node, $"{field} of {what} must be a mapping") ?? [],
    };

    /// <summary>A mapping within; null when it is not said or is nothing.</summary>
    public ServiceNode? Inner(string field) => Find(field) switch
    {
        null => null,
        YamlMappingNode inner => new ServiceNode($"{field} of {what}", inner, fault),
        var node when IsNothing(node) => null,
        var node => Wrong<ServiceNode>(node, $"{field} of {what} must be a mapping"),
    };

    /// <summary>A text with places for values.</summary>
    public ServiceText? Template(YamlNode node, string field)
    {
        if (TextOf(node) is not { Length: > 0 } text)
        {
            return Wrong<ServiceText>(node, $"{field} of {what} must be a text");
        }

        return ServiceText.Parse(text, out var problem) ?? Wrong<ServiceText>(node, $"{field} of {what}: {problem}");
    }

    public YamlNode? Find(string field) => mapping.Children.FirstOrDefault(entry => TextOf(entry.Key) == field).Value;

    public int LineOf(string field) => LineOf(Find(field) ?? mapping);

    public void Fault(string field, string message) => fault(LineOf(field), $"{what}: {message}");

    public void FaultAt(YamlNode node, string message) => fault(LineOf(node), $"{what}: {message}");

    /// <summary>A mapping within, by a name of its own.</summary>
    public ServiceNode Below(string name, YamlMappingNode inner) => new($"{name} of {what}", inner, fault);

    public static string? TextOf(YamlNode node) => (node as YamlScalarNode)?.Value;

    public static bool IsNothing(YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" };

    public static int LineOf(YamlNode node) => (int)node.Start.Line;

    private bool Checked(YamlNode node, string field, string name)
    {
        if (ServicesFile.IsName(name))
        {
            return true;
        }

        fault(LineOf(node), $"{field} of {what}: '{name}' cannot be a name: letters, digits, '-', '_' and '.' make one");
        return false;
    }

    private T? Wrong<T>(YamlNode node, string message)
        where T : class
    {
        fault(LineOf(node), message);
        return null;
    }

    private bool? WrongFlag(string field, string text)
    {
        fault(LineOf(field), $"{field} of {what} is '{text}': it must be true or false");
        return null;
    }

    private int? WrongNumber(string field, string message)
    {
        fault(LineOf(field), message);
        return null;
    }
}
