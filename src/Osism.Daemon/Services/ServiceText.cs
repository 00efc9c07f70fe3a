using System.Text;
using System.Text.RegularExpressions;
using Osism.Daemon.Inventory.Current;

namespace Osism.Daemon.Services;

/// <summary>A text with places for values of the pod: <c>http://{homer_host|127.0.0.1}:{port}</c>. Its language is told at the head of <c>catalog/services.yml</c>.</summary>
internal sealed partial class ServiceText
{
    /// <summary>Stands for the address of a host of the service's groups.</summary>
    public const string Host = "host";

    private const string Port = "port";

    private readonly string _text;
    private readonly List<Part> _parts;

    private ServiceText(string text, List<Part> parts) => (_text, _parts) = (text, parts);

    /// <param name="fault">What is wrong with it, when the answer is null.</param>
    public static ServiceText? Parse(string text, out string? fault)
    {
        var parts = new List<Part>();
        fault = null;
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOfAny(['{', '}'], at);
            if (open < 0)
            {
                parts.Add(new Words(text[at..]));
                break;
            }

            var close = text[open] == '{' ? text.IndexOf('}', open) : -1;
            if (close < 0)
            {
                fault = "a brace has no partner";
                return null;
            }

            if (open > at)
            {
                parts.Add(new Words(text[at..open]));
            }

            var inner = text[(open + 1)..close];
            if (Read(inner) is not { } part)
            {
                fault = $"'{{{inner}}}' is none of {{NAME}}, {{A|B|'word'}}, {{A?x:y}}, {{A?}}";
                return null;
            }

            if (part.Names.FirstOrDefault(ShownValues.IsSecretName) is { } secret)
            {
                fault = $"'{secret}' is the name of a secret, and this text is shown to everybody";
                return null;
            }

            parts.Add(part);
            at = close + 1;
        }

        return new ServiceText(text, parts);
    }

    /// <summary>Ports of the service that it speaks of; the empty name is the first one.</summary>
    public IEnumerable<string> PortNames => _parts.SelectMany(part => part.Names).Where(IsPort).Select(PortOf);

    /// <summary>Its value.</summary>
    /// <param name="scope">Where values are looked up.</param>
    /// <param name="missing">What has no value, when the answer is null.</param>
    public string? Resolve(ServiceScope scope, out string? missing)
    {
        missing = null;
        var text = new StringBuilder();
        foreach (var part in _parts)
        {
            if (part.Resolve(scope) is not { } value)
            {
                missing = part.ToString();
                return null;
            }

            text.Append(value);
        }

        return text.ToString();
    }

    /// <summary>Whether it means every host of the groups.</summary>
    /// <param name="texts">What names in it may stand for.</param>
    public bool UsesHost(IReadOnlyDictionary<string, ServiceText> texts) => UsesHost(texts, 0);

    public override string ToString() => _text;

    public static bool IsPort(string name) => name == Port || name.StartsWith($"{Port}.", StringComparison.Ordinal);

    public static string PortOf(string name) => name == Port ? "" : name[(Port.Length + 1)..];

    private bool UsesHost(IReadOnlyDictionary<string, ServiceText> texts, int depth) =>
        depth < ServiceScope.Deepest && _parts.SelectMany(part => part.Names)
            .Any(name => name == Host || (texts.TryGetValue(name, out var text) && text.UsesHost(texts, depth + 1)));

    private static Part? Read(string inner)
    {
        if (Choice().Match(inner) is { Success: true } choice)
        {
            return new Conditional(choice.Groups["name"].Value, choice.Groups["then"].Value, choice.Groups["else"].Success ? choice.Groups["else"].Value : null);
        }

        var words = inner.Split('|');
        return Array.TrueForAll(words, word => Alternative().IsMatch(word)) ? new Alternatives(words) : null;
    }

    // {A?x:y}, {A?}
    [GeneratedRegex(@"\A(?<name>[A-Za-z_][A-Za-z0-9_]*)\?(?:(?<then>[^:]*):(?<else>.*))?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Choice();

    // A variable, a port, 'a word', or what begins with a digit and so is neither.
    [GeneratedRegex(@"\A([A-Za-z_][A-Za-z0-9_]*|port\.[A-Za-z0-9_-]+|'[^']*'|[0-9][A-Za-z0-9.:-]*)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Alternative();

    private abstract record Part
    {
        public virtual IEnumerable<string> Names => [];

        public abstract string? Resolve(ServiceScope scope);
    }

    private sealed record Words(string Text) : Part
    {
        public override string Resolve(ServiceScope scope) => Text;
    }

    private sealed record Alternatives(IReadOnlyList<string> All) : Part
    {
        public override IEnumerable<string> Names => All.Where(word => char.IsAsciiLetter(word[0]) || word[0] == '_');

        public override string? Resolve(ServiceScope scope)
        {
            foreach (var word in All)
            {
                var value = word[0] == '\'' ? word[1..^1] : char.IsAsciiDigit(word[0]) ? word : scope.Find(word);
                if (value is not null)
                {
                    return value;
                }
            }

            return null;
        }

        public override string ToString() => string.Join(" or ", Names);
    }

    /// <param name="Else">Null: there is no value unless it is true.</param>
    private sealed record Conditional(string Name, string Then, string? Else) : Part
    {
        public override IEnumerable<string> Names => [Name];

        public override string? Resolve(ServiceScope scope) => ServiceScope.IsTrue(scope.Find(Name)) ? Then : Else;

        public override string ToString() => Name;
    }
}
