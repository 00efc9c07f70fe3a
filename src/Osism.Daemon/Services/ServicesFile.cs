using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Osism.Daemon.Services;

/// <summary>What a file of services says, laid over what was known before.</summary>
/// <param name="Layers">Names in the order in which a pod is built.</param>
/// <param name="Texts">What names in texts stand for.</param>
/// <param name="Services">In the order in which they were first named.</param>
/// <param name="Faults">What does not count, each with its line.</param>
internal sealed record ServiceDefinitions(
    IReadOnlyList<string> Layers, IReadOnlyDictionary<string, ServiceText> Texts, IReadOnlyList<ServiceEntry> Services, IReadOnlyList<ServiceFault> Faults)
{
    public static readonly ServiceDefinitions None = new([], new Dictionary<string, ServiceText>(StringComparer.Ordinal), [], []);
}

/// <summary>Reads <c>catalog/services.yml</c> and <c>environments/services.yml</c>, whose form is told at the head of the first.</summary>
/// <remarks>Nothing in it is refused as a whole: what is wrong is told with its line, and the rest counts.</remarks>
internal static partial class ServicesFile
{
    private static readonly string[] Top = ["layers", "texts", "services"];

    /// <param name="text">The file.</param>
    /// <param name="file">How it is named to people.</param>
    /// <param name="known">What it is laid over.</param>
    /// <param name="isOfRepository">Whether the configuration repository says so.</param>
    public static ServiceDefinitions Read(string text, string file, ServiceDefinitions known, bool isOfRepository)
    {
        var faults = new List<ServiceFault>();
        if (Root(text, Fault) is not { } root)
        {
            return known with { Faults = faults };
        }

        var top = new ServiceNode("the file", root, Fault);
        top.RequireFields(Top);
        IReadOnlyList<string> layers = [.. known.Layers.Union(top.Names("layers"), StringComparer.Ordinal)];
        var texts = new Dictionary<string, ServiceText>(known.Texts, StringComparer.Ordinal);
        foreach (var (name, value) in top.Entries("texts"))
        {
            if (ServiceNode.TextOf(name) is not { } word || !TextName().IsMatch(word) || word is ServiceText.Host || ServiceText.IsPort(word))
            {
                Fault(ServiceNode.LineOf(name), $"'{ServiceNode.TextOf(name)}' cannot be the name of a text: letters, digits and '_' make one, and host and port have a meaning of their own");
            }
            else if (top.Template(value, $"the text {word}") is { } parsed)
            {
                texts[word] = parsed;
            }
        }

        var services = known.Services.ToList();
        foreach (var (name, value) in top.Entries("services"))
        {
            var at = services.FindIndex(service => service.Name == ServiceNode.TextOf(name));
            var before = at < 0 ? null : services[at];
            if (ServiceReader.Read(name, value, before, layers, Fault) is not { } entry)
            {
                continue;
            }

            entry = entry with { File = file, Line = ServiceNode.LineOf(name), IsOfRepository = isOfRepository };
            if (at < 0)
            {
                services.Add(entry);
            }
            else
            {
                services[at] = entry;
            }
        }

        return new ServiceDefinitions(layers, texts, services, faults);

        void Fault(int line, string message) => faults.Add(new ServiceFault(file, line, message));
    }

    /// <summary>Whether something can be the name of a service, a layer, a role, a group.</summary>
    public static bool IsName(string text) => Name().IsMatch(text);

    private static YamlMappingNode? Root(string text, Action<int, string> fault)
    {
        var yaml = new YamlStream();
        try
        {
            yaml.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            // The same key twice is among what the reader refuses.
            fault((int)Math.Clamp(e.Start.Line, 1, LastLine(text)), e.Message.ReplaceLineEndings(" ").Trim().TrimEnd('.'));
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // YamlDotNet 16.3 loses its way in some flow collections that are never closed.
            fault(LastLine(text), "a bracket is not closed");
            return null;
        }

        switch (yaml.Documents)
        {
            case []:
                return null;
            case [{ RootNode: YamlMappingNode root }]:
                return root;
            case [{ RootNode: var node }] when ServiceNode.IsNothing(node):
                return null;
            default:
                fault(1, $"the file must be one mapping with the keys {string.Join(", ", Top)}");
                return null;
        }
    }

    private static int LastLine(string text) => text.AsSpan().TrimEnd().Count('\n') + 1;

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex TextName();
}
