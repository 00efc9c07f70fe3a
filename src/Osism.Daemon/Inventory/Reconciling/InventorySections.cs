using System.Text;
using Osism.Daemon.Inventory.Sources;
using Osism.Daemon.Inventory.Values;

namespace Osism.Daemon.Inventory.Reconciling;

/// <summary>A source in the form that looks like INI, by its sections. Lines keep their numbers whatever is taken out.</summary>
internal sealed class InventorySections
{
    private readonly List<SectionLine> _lines = [];

    private InventorySections()
    {
    }

    public IReadOnlyList<SectionLine> Lines => _lines;

    /// <summary>Names of groups that a section declares.</summary>
    public IEnumerable<string> Declared => _lines.Where(line => line.IsHeader && line.Tag != "vars").Select(line => line.Group);

    /// <summary>Names of groups that are put into others.</summary>
    public IEnumerable<string> Children => _lines.Where(line => line is { IsHeader: false, Tag: "children" }).Select(line => PyStrings.Strip(line.Text)).Where(name => name.Length > 0 && name[0] is not ('#' or ';'));

    public static InventorySections Of(byte[] content)
    {
        var sections = new InventorySections();
        var (group, tag) = ("", "");
        foreach (var raw in PyStrings.SplitLines(EscapedUtf8.Decode(content)))
        {
            var line = PyStrings.Strip(raw);
            var isHeader = false;
            if (line.Length > 0 && IniSource.SectionOf(line) is { } section)
            {
                (group, tag) = (section.Name, section.Tag == "hosts" ? "" : section.Tag);
                isHeader = true;
            }

            sections._lines.Add(new SectionLine(raw, group, tag, isHeader));
        }

        return sections;
    }

    /// <summary>The text without the sections another file replaces; null when there are none.</summary>
    /// <param name="replaced">Names as <see cref="SectionLine.Section"/> has them.</param>
    public byte[]? Without(IReadOnlySet<string> replaced)
    {
        if (!_lines.Exists(IsReplaced))
            return null;
        var text = new StringBuilder();
        foreach (var line in _lines)
            text.Append(IsReplaced(line) ? "" : line.Text).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());

        bool IsReplaced(SectionLine line) => line.Group.Length > 0 && replaced.Contains(line.Section);
    }
}

/// <param name="Text">As it stands there.</param>
/// <param name="Group">Group of the section it is in; empty before the first.</param>
/// <param name="Tag">Empty for hosts, else <c>children</c> or <c>vars</c>.</param>
/// <param name="IsHeader">Whether it begins the section.</param>
internal readonly record struct SectionLine(string Text, string Group, string Tag, bool IsHeader)
{
    public string Section => Tag.Length == 0 ? Group : $"{Group}:{Tag}";
}
