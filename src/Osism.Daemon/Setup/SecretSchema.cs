using System.Security.Cryptography;
using YamlDotNet.RepresentationModel;

namespace Osism.Daemon.Setup;

/// <summary>A pair of SSH keys, as their files hold them.</summary>
internal sealed record KeyPair(string Private, string Public);

/// <summary>Makes the secrets of a pod, by <c>catalog/secrets.yml</c>.</summary>
internal static class SecretSchema
{
    public const string All = "all";

    private const string Resource = "catalog/secrets.yml";
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const string DecimalDigits = "0123456789";

    /// <summary>New values: for each environment its variables, as YAML after the name.</summary>
    /// <param name="makeKeys">Makes a pair of SSH keys with a comment.</param>
    public static async Task<IReadOnlyDictionary<string, SortedDictionary<string, string>>> MakeAsync(Func<string, Task<KeyPair>> makeKeys)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var made = new Dictionary<string, SortedDictionary<string, string>>(StringComparer.Ordinal);
        foreach (var (environment, kind, name, of) in Entries())
        {
            var value = kind switch
            {
                "ssh" => "",
                "same" => values[of!],
                "crypt" => ShadowHash.Of(values[of!], Random(Alphabet, 16)),
                _ => Random(kind),
            };
            values[$"{environment}/{name}"] = value;
            if (!made.TryGetValue(environment, out var file))
                made[environment] = file = new SortedDictionary<string, string>(StringComparer.Ordinal);
            file[name] = kind == "ssh" ? Pair(await makeKeys(name)) : $"'{value}'";
        }

        return made;
    }

    /// <summary>Every secret with its kind, and for one that follows from another the name of that.</summary>
    public static IEnumerable<(string Environment, string Kind, string Name, string? Of)> Entries()
    {
        using var resource = typeof(SecretSchema).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"The program lacks its resource {Resource}");
        using var reader = new StreamReader(resource);
        var yaml = new YamlStream();
        yaml.Load(reader);
        return
        [
            .. from environment in (YamlMappingNode)yaml.Documents[0].RootNode
               from kind in (YamlMappingNode)environment.Value
               from entry in kind.Value is YamlMappingNode others
                   ? others.Select(pair => (Name: Text(pair.Key), Of: (string?)Text(pair.Value)))
                   : ((YamlSequenceNode)kind.Value).Select(name => (Name: Text(name), Of: (string?)null))
               select (Text(environment.Key), Text(kind.Key), entry.Name, entry.Of),
        ];

        static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;
    }

    /// <summary>The password that opens all secrets.</summary>
    public static string VaultPassword() => Random(Alphabet, 32);

    private static string Random(string kind) => kind switch
    {
        "password" => Random(Alphabet, 40),
        "digits40" => Random(DecimalDigits, 40),
        "key50" => Random(Alphabet, 50),
        "salt" => Random(Alphabet, 22),
        "uuid" => Guid.NewGuid().ToString(),
        "base64" => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
        _ => throw new InvalidOperationException($"{Resource} has an unknown kind '{kind}'"),
    };

    private static string Random(string alphabet, int length) => RandomNumberGenerator.GetString(alphabet, length);

    private static string Pair(KeyPair keys) => $"\n  private_key: |\n{Indent(keys.Private, 4)}\n  public_key: {keys.Public.Trim()}";

    /// <summary>For a block of YAML.</summary>
    public static string Indent(string text, int blanks) =>
        string.Join('\n', text.TrimEnd('\n').Split('\n').Select(line => new string(' ', blanks) + line));
}
