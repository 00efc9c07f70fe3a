using System.Text;

namespace Osism.Cli.Terminal;

/// <summary>What is said to people, on stderr. Data goes to stdout.</summary>
internal sealed class Talk(Stream stream, Screen screen)
{
    private const int WidthOfNobody = 80;

    private int _statusLines;

    /// <summary>Whether only errors are said (<c>-q</c>).</summary>
    public bool Quiet { get; set; }

    /// <summary>Whether details are said too (<c>-v</c>).</summary>
    public bool Verbose { get; set; }

    /// <summary>One line, unless <see cref="Quiet"/>.</summary>
    public void Say(string line)
    {
        if (!Quiet)
            Write(line);
    }

    /// <summary>One line, only when <see cref="Verbose"/>.</summary>
    public void Detail(string line)
    {
        if (Verbose)
            Write(line);
    }

    /// <summary>One line in any case.</summary>
    public void Write(string line) => Put(EraseStatus() + line + "\n");

    /// <summary>Text without an end of line: a question.</summary>
    public void Ask(string text) => Put(EraseStatus() + text);

    /// <summary>Columns there are for a line.</summary>
    public int Width => screen.Width ?? WidthOfNobody;

    /// <summary>A line that the next one replaces. Nothing when nobody watches.</summary>
    public void Status(string line) => Draw([line]);

    /// <summary>Lines that the next thing said replaces. Nothing when nobody watches.</summary>
    public void Draw(IReadOnlyList<string> lines)
    {
        if (Quiet || !screen.ErrorIsTerminal)
            return;
        Put(EraseStatus() + "\r" + string.Join('\n', lines.Select(line => "\e[K" + Cut(line))));
        _statusLines = lines.Count;
    }

    /// <summary>Takes the lines of <see cref="Draw"/> away, before something else is shown.</summary>
    public void ClearStatus()
    {
        if (_statusLines > 0)
            Put(EraseStatus());
    }

    /// <summary>Leaves the lines of <see cref="Draw"/> where they are and goes on below them.</summary>
    public void Keep()
    {
        if (_statusLines > 0)
            Put("\n");
        _statusLines = 0;
    }

    private string Cut(string line) =>
        line.Length < Width || line.Contains('\e', StringComparison.Ordinal) ? line : line[..(Width - 2)] + "…";

    private string EraseStatus()
    {
        var lines = _statusLines;
        _statusLines = 0;
        return lines switch
        {
            0 => "",
            1 => "\r\e[K",
            // Up to the first of them, and everything from there on.
            _ => $"\r\e[{lines - 1}A\e[J",
        };
    }

    private void Put(string text) => stream.Write(Encoding.UTF8.GetBytes(text));
}
