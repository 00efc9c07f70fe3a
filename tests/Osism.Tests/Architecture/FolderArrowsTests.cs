using System.Text.RegularExpressions;
using Osism.Testing;

namespace Osism.Tests.Architecture;

/// <summary>Who may know whom: Cli -> Contracts &lt;- Daemon -> Protocols, and inside the daemon Hosting -> features -> Platform without cycles.</summary>
public sealed partial class FolderArrowsTests
{
    private static readonly string Source = Checkout.PathOf("src");

    [Fact]
    public void Only_hosting_knows_all_features_platform_knows_none_and_features_know_each_other_one_way()
    {
        var features = Directory.EnumerateDirectories(Path.Combine(Source, "Osism.Daemon")).Select(path => Path.GetFileName(path)!).ToHashSet(StringComparer.Ordinal);
        var arrows = features.SelectMany(from => Uses(Path.Combine("Osism.Daemon", from))
            .Select(use => (From: from, To: use.Name.Split('.') is ["Osism", "Daemon", var to, ..] && features.Contains(to) ? to : null, use.File)))
            .Where(arrow => arrow.To is not null && arrow.To != arrow.From).ToList();

        Assert.NotEmpty(arrows);
        Assert.DoesNotContain(arrows, arrow => arrow.To == "Hosting" || arrow.From == "Platform");
        var after = arrows.Where(arrow => arrow.From != "Hosting" && arrow.To != "Platform").ToLookup(arrow => arrow.From, StringComparer.Ordinal);
        foreach (var arrow in after.SelectMany(group => group))
        {
            Assert.False(Reaches(arrow.To!, arrow.From, []), $"{arrow.File}: {arrow.From} -> {arrow.To}, but {arrow.To} leads back to {arrow.From}");
        }

        bool Reaches(string from, string to, HashSet<string> seen) =>
            from == to || (seen.Add(from) && after[from].Any(next => Reaches(next.To!, to, seen)));
    }

    [Theory]
    [InlineData("Osism.Cli", "Osism.Contracts", "Osism.Cli")]
    [InlineData("Osism.Protocols", "Osism.Protocols", "Osism.Protocols")]
    [InlineData("Osism.Contracts", "Osism.Contracts", "Osism.Contracts")]
    [InlineData("Osism.Daemon", "Osism.Contracts", "Osism.Protocols|Osism.Daemon")]
    public void A_project_knows_only_those_it_may(string project, string first, string others) =>
        Assert.DoesNotContain(Uses(project), use => !$"{first}|{others}".Split('|').Any(known => use.Name == known || use.Name.StartsWith($"{known}.", StringComparison.Ordinal)));

    /// <summary>Every namespace of ours that is named in the files of a folder, by a using or in full.</summary>
    private static IEnumerable<(string Name, string File)> Uses(string folder) =>
        from file in Directory.EnumerateFiles(Path.Combine(Source, folder), "*.cs", SearchOption.AllDirectories)
        from line in File.ReadLines(file)
        where !line.StartsWith("namespace ", StringComparison.Ordinal) && !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
        from Match match in OurName().Matches(line)
        let isFull = match.Value.StartsWith("Osism.", StringComparison.Ordinal)
        where isFull || folder.StartsWith("Osism.Daemon", StringComparison.Ordinal)
        select (isFull ? match.Value : $"Osism.Daemon.{match.Value}", Path.GetRelativePath(Source, file));

    /// <summary>In full, or as files of the daemon may shorten it.</summary>
    [GeneratedRegex(@"\bOsism(\.[A-Z][A-Za-z]*)+|(?<![.\w])(Hosting|Platform|Jobs|Ansible|Runtimes|Configuration|Inventory|Schedules|Notifications)\.[A-Z][A-Za-z]*")]
    private static partial Regex OurName();
}
