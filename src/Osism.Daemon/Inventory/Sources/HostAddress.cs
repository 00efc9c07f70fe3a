using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Osism.Daemon.Inventory.Sources;

/// <summary>A host name or address, with ranges in it, and its port: what Ansible takes for one.</summary>
/// <remarks>Source: Ansible's user guide on inventories and patterns. An IPv6 address needs brackets for a port. Two oddities are kept, as names depend on
/// them: most forms of IPv6 need only be the begin of the text, and brackets may be followed by a second port.</remarks>
internal static partial class HostAddress
{
    private const string Step = "(?::[0-9]+)?";
    private const string Hex = "(?:[0-9a-f]{1,4}|\\[[0-9a-f]+:[0-9a-f]+" + Step + "\\])";
    private const string Byte = "(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|\\[[0-9]+:[0-9]+" + Step + "\\])";
    private const string Range = "\\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)" + Step + "\\]";
    private const string Word = "[\\p{L}\\p{N}_]";
    private const string Label = "(?:" + Word + "|" + Range + ")(?:" + Word + "|-|" + Range + ")*(?<![_-])";
    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    /// <summary>False when the text is neither a host name nor an address; <paramref name="name"/> is the text then.</summary>
    public static bool TryParse(string text, out string name, out BigInteger? port)
    {
        (name, port) = (text, null);
        var host = text;
        foreach (var form in (ReadOnlySpan<Regex>)[BracketsAndPort(), NameAndPort()])
        {
            if (form.Match(host) is not { Success: true } match)
                continue;
            host = match.Groups["host"].Value;
            port = BigInteger.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture);
        }

        if (host.Length == 0 || !(HostName().IsMatch(host) || Ipv4().IsMatch(host) || Ipv6().IsMatch(host)))
        {
            port = null;
            return false;
        }

        name = host;
        return true;
    }

    [GeneratedRegex(@"^\[(?<host>.+)\]:(?<port>[0-9]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex BracketsAndPort();

    [GeneratedRegex(@"^(?<host>(?:[^:\[\]]|\[[^\]]*\])*):(?<port>[0-9]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex NameAndPort();

    [GeneratedRegex("^(?:" + Byte + "\\.){3}" + Byte + "$", Options)]
    private static partial Regex Ipv4();

    [GeneratedRegex("^(?:(?:" + Hex + ":){7}" + Hex + "|(?:" + Hex + ":){1,6}:|" + Hex + ":(?::" + Hex + "){1,6}|(?:" + Hex + ":){2}(?::" + Hex + "){1,5}|(?:"
        + Hex + ":){3}(?::" + Hex + "){1,4}|(?:" + Hex + ":){4}(?::" + Hex + "){1,3}|(?:" + Hex + ":){5}(?::" + Hex + "){1,2}|(?:" + Hex + ":){6}(?::" + Hex + ")|:(?::"
        + Hex + "){1,6}|" + Hex + "?::|(?:0:){6}(?:" + Hex + "\\.){3}" + Hex + "|::(?:ffff:)?(?:" + Hex + "\\.){3}" + Hex + "|(?:0:){5}ffff:(?:" + Hex + "\\.){3}" + Hex + "$)", Options)]
    private static partial Regex Ipv6();

    [GeneratedRegex("^" + Label + "(?:\\." + Label + ")*$", Options)]
    private static partial Regex HostName();
}
