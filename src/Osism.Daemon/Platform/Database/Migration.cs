using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Osism.Daemon.Platform.Database;

/// <summary>One step of the tables' history. Once released it never changes.</summary>
/// <param name="Number">Order; unique over all features.</param>
/// <param name="Name">For people.</param>
/// <param name="Sql">Statements, run in one transaction.</param>
internal sealed partial record Migration(int Number, string Name, string Sql)
{
    private const string Prefix = "migration/";

    /// <summary>SHA-256 of the text, lower-case hexadecimal.</summary>
    public string Checksum => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql)));

    public override string ToString() => $"{Number:0000}_{Name}";

    /// <summary>The files <c>Migrations/NNNN_name.sql</c> of all features, which the build embeds as <c>migration/NNNN_name</c>, by number.</summary>
    /// <exception cref="InvalidDataException">Two have one number, or a name is not of that form: a fault of the build.</exception>
    public static IReadOnlyList<Migration> Of(Assembly assembly)
    {
        var found = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => Read(assembly, name))
            .OrderBy(migration => migration.Number)
            .ToList();
        foreach (var (before, after) in found.Zip(found.Skip(1)))
        {
            if (before.Number == after.Number)
            {
                throw new InvalidDataException($"The migrations {before} and {after} have one number.");
            }
        }

        return found;
    }

    private static Migration Read(Assembly assembly, string resource)
    {
        var name = FileName().Match(resource[Prefix.Length..]);
        if (!name.Success)
        {
            throw new InvalidDataException($"A migration is named NNNN_name, not {resource}.");
        }

        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return new Migration(int.Parse(name.Groups["number"].Value), name.Groups["name"].Value, reader.ReadToEnd());
    }

    [GeneratedRegex("^(?<number>[0-9]{4})_(?<name>[a-z0-9_]+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileName();
}
