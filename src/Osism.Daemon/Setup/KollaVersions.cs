using System.Text;
using System.Text.RegularExpressions;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Protocols.Yaml;

namespace Osism.Daemon.Setup;

/// <summary>The versions of the kolla services as an image lists them, and <c>environments/kolla/versions.yml</c> that is made of them.</summary>
/// <param name="OpenstackVersion">Of what the list does not name.</param>
/// <param name="Versions">By the names of the list.</param>
internal sealed partial record KollaVersions(string OpenstackVersion, IReadOnlyDictionary<string, string> Versions)
{
    public const string FileName = "environments/kolla/versions.yml";

    private const string Resource = "catalog/kolla_versions.yml";

    private static readonly Lazy<IReadOnlyList<(string Variable, string Name)>> Variables = new(Load);

    /// <summary>Reads <c>images.yml</c> of an SBOM image.</summary>
    /// <param name="otherwise">Version of OpenStack where the list does not say.</param>
    /// <exception cref="OsismException"><c>yaml.broken</c>; <c>configuration.broken</c>: a version is no version.</exception>
    public static KollaVersions Read(string text, string otherwise)
    {
        try
        {
            if (YamlReader.Read(text) is not YamlMapping top)
                throw new OsismException(ErrorCodes.ConfigurationBroken, $"{SbomImage.Member} of the image is no mapping");
            var versions = new Dictionary<string, string>(StringComparer.Ordinal);
            var openstack = otherwise;
            foreach (var (key, value) in top.Pairs)
            {
                switch (key, value)
                {
                    case (YamlScalar { Value: "openstack_version" }, YamlScalar { Value: { Length: > 0 } version }):
                        openstack = Require(version);
                        break;
                    case (YamlScalar { Value: "versions" }, YamlMapping list):
                        foreach (var (name, version) in list.Pairs)
                        {
                            if ((name, version) is (YamlScalar known, YamlScalar { Value: { Length: > 0 } said }))
                                versions[known.Value] = Require(said);
                        }

                        break;
                }
            }

            return new KollaVersions(openstack, versions);
        }
        catch (YamlException e)
        {
            throw new OsismException(ErrorCodes.YamlBroken, $"{SbomImage.Member} of the image, line {e.Line}: {e.Message}", e) { Line = e.Line };
        }
    }

    /// <summary>The file, in the order of the catalog.</summary>
    public string ToYaml()
    {
        var text = new StringBuilder("---\n# Written by 'osism sync versions': what is changed here is lost with the next one.\n");
        foreach (var (variable, name) in Variables.Value)
            text.Append(variable).Append(": \"").Append(Versions.GetValueOrDefault(name, OpenstackVersion)).Append("\"\n");
        return text.ToString();
    }

    /// <summary>Refuses what would be more than a text in the file, or in the name of an image.</summary>
    /// <exception cref="OsismException"><c>configuration.broken</c></exception>
    public static string Require(string version) => Version().IsMatch(version)
        ? version
        : throw new OsismException(ErrorCodes.ConfigurationBroken, $"'{version}' is no version: letters, digits, '.', '_', '+', '~' and '-'");

    private static IReadOnlyList<(string Variable, string Name)> Load()
    {
        using var resource = typeof(KollaVersions).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"The program lacks its resource {Resource}");
        using var reader = new StreamReader(resource);
        return [.. VariableLines.Read(reader.ReadToEnd()).Select(line => (line.Name, line.Value))];
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._+~-]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Version();
}
