using System.Text.RegularExpressions;

namespace Osism.Daemon.Runtimes;

/// <summary>Conditions on a version, as Python packages write them (PEP 440, plain release numbers only): <c>&gt;=2.15,&lt;2.20</c>.</summary>
internal sealed partial class VersionRange
{
    private readonly IReadOnlyList<(string Operator, Version Version)> _conditions;

    private VersionRange(IReadOnlyList<(string Operator, Version Version)> conditions) => _conditions = conditions;

    /// <returns>Null when the text holds no such conditions.</returns>
    public static VersionRange? Parse(string text)
    {
        var conditions = new List<(string, Version)>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (Condition().Match(part) is not { Success: true } match || Number(match.Groups["version"].Value) is not { } version)
                return null;
            conditions.Add((match.Groups["operator"].Value, version));
        }

        return new VersionRange(conditions);
    }

    /// <summary>Whether a version fulfils all conditions; what comes after its numbers, as in <c>2.19.0rc1</c>, is not looked at.</summary>
    public bool Allows(string version) => Number(version) is { } number && _conditions.All(condition => number.CompareTo(condition.Version) is var order && condition.Operator switch
    {
        "==" => order == 0,
        "!=" => order != 0,
        "<" => order < 0,
        "<=" => order <= 0,
        ">" => order > 0,
        _ => order >= 0,
    });

    /// <summary>Missing numbers are 0, as in PEP 440: 2.15 is 2.15.0.</summary>
    private static Version? Number(string text) =>
        Numbers().Match(text) is { Success: true } match && match.Value.Split('.').Select(int.Parse).Concat([0, 0, 0, 0]).ToArray() is var parts
            ? new Version(parts[0], parts[1], parts[2], parts[3])
            : null;

    [GeneratedRegex(@"\A(?<operator>==|!=|<=|>=|<|>)\s*(?<version>[0-9]{1,6}(\.[0-9]{1,6}){0,3})\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Condition();

    [GeneratedRegex(@"\A[0-9]{1,6}(\.[0-9]{1,6}){0,3}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Numbers();
}
