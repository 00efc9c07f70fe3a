using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace Osism.Daemon.Services;

/// <summary>Containers of a service, and the tag that their image should have.</summary>
/// <param name="Pattern">Their names; <c>*</c> stands for any characters.</param>
/// <param name="Tag">Where the tag comes from: the tag itself, or a whole image. Null = as usual for the environment of the service.</param>
internal sealed partial record ServiceContainers(string Pattern, ServiceText? Tag)
{
    /// <summary>How much of a name it says: of two patterns that match the same name the closer one counts.</summary>
    public int Closeness => (2 * Pattern.Count(letter => letter != '*')) + (IsName ? 1 : 0);

    /// <summary>Whether it means one name alone.</summary>
    public bool IsName => !Pattern.Contains('*', StringComparison.Ordinal);

    public bool Matches(string container) => FileSystemName.MatchesSimpleExpression(Pattern, container, ignoreCase: false);

    /// <summary>Whether a text can stand for names of containers.</summary>
    public static bool IsPattern(string text) => Name().IsMatch(text);

    [GeneratedRegex(@"\A[A-Za-z0-9*][A-Za-z0-9_.*-]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
