using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Osism.Cli.Formats;

/// <summary>A table in lines and bars, as operators know it from before.</summary>
internal static class TableFormat
{
    private const int Narrowest = 6;

    /// <param name="width">Columns of the screen; null = as wide as the content.</param>
    public static string Write(Column[] columns, JsonElement[] rows, int? width, bool colours)
    {
        var cells = new string[rows.Length][];
        var widths = new int[columns.Length];
        for (var c = 0; c < widths.Length; c++)
            widths[c] = Width(columns[c].Title);
        for (var r = 0; r < cells.Length; r++)
        {
            cells[r] = new string[widths.Length];
            for (var c = 0; c < widths.Length; c++)
            {
                cells[r][c] = Visible(columns[c].Text(rows[r]) ?? "");
                widths[c] = Math.Max(widths[c], Width(cells[r][c]));
            }
        }

        if (width is { } screen && !Fits(widths, screen))
        {
            // What has nothing to say makes room for what does, and then what one can do without.
            Column[] telling = [.. columns.Where((_, c) => cells.Length == 0 || Array.Exists(cells, row => row[c].Length > 0))];
            if (telling.Length == columns.Length)
                telling = [.. columns.Where(column => column != Array.FindLast(columns, other => other.Spare))];
            if (telling.Length < columns.Length)
                return Write(telling, rows, width, colours);
            Shrink(columns, widths, screen);
        }

        var text = new StringBuilder();
        Line(text, widths, '+');
        text.Append('|');
        for (var c = 0; c < widths.Length; c++)
            Cell(text, columns[c].Title, widths[c], Colour.None);
        text.Append('\n');
        Line(text, widths, '|');
        for (var r = 0; r < cells.Length; r++)
        {
            text.Append('|');
            for (var c = 0; c < widths.Length; c++)
                Cell(text, cells[r][c], widths[c], colours ? columns[c].Colour?.Invoke(rows[r]) ?? Colour.None : Colour.None);
            text.Append('\n');
        }

        Line(text, widths, '+');
        return text.ToString();
    }

    /// <summary>Takes from the widest column that may be cut, until the table fits or all are narrow.</summary>
    private static void Shrink(Column[] columns, int[] widths, int screen)
    {
        while (!Fits(widths, screen))
        {
            var widest = -1;
            for (var c = 0; c < widths.Length; c++)
            {
                if (!columns[c].Fixed && widths[c] > Narrowest && (widest < 0 || widths[c] > widths[widest]))
                    widest = c;
            }

            if (widest < 0)
                return;
            widths[widest]--;
        }
    }

    private static bool Fits(int[] widths, int screen) => widths.Sum() + (3 * widths.Length) + 1 <= screen;

    private static void Line(StringBuilder text, int[] widths, char end)
    {
        for (var c = 0; c < widths.Length; c++)
            text.Append(c == 0 ? end : '+').Append('-', widths[c] + 2);
        text.Append(end).Append('\n');
    }

    private static void Cell(StringBuilder text, string cell, int width, Colour colour)
    {
        var fits = Cut(cell, width);
        text.Append(' ');
        if (colour != Colour.None)
            text.Append($"\e[{(int)colour}m");
        text.Append(fits);
        if (colour != Colour.None)
            text.Append("\e[0m");
        text.Append(' ', width - Width(fits)).Append(" |");
    }

    private static string Cut(string cell, int width)
    {
        if (Width(cell) <= width)
            return cell;
        var cut = new StringBuilder();
        var used = 1;
        foreach (var rune in cell.EnumerateRunes())
        {
            used += Width(rune);
            if (used > width)
                break;
            cut.Append(rune);
        }

        return cut.Append('…').ToString();
    }

    /// <summary>A row stays a row, and nothing of a cell reaches the terminal as a command.</summary>
    private static string Visible(string cell)
    {
        var harmless = true;
        foreach (var letter in cell)
            harmless &= !char.IsControl(letter);
        if (harmless)
            return cell;
        var text = new StringBuilder();
        foreach (var letter in cell)
        {
            text.Append(letter switch
            {
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when char.IsControl(letter) => $"\\x{(int)letter:x2}",
                _ => letter.ToString(),
            });
        }

        return text.ToString();
    }

    private static int Width(string text)
    {
        if (Ascii.IsValid(text))
            return text.Length;
        var width = 0;
        foreach (var rune in text.EnumerateRunes())
            width += Width(rune);
        return width;
    }

    // Unicode UAX #11, coarse: the wide blocks that names are made of, and marks that take no room.
    private static int Width(Rune rune) => rune.Value switch
    {
        < 0x300 => 1,
        >= 0x1100 and <= 0x115f or >= 0x2e80 and <= 0xa4cf or >= 0xac00 and <= 0xd7a3 or >= 0xf900 and <= 0xfaff
            or >= 0xfe30 and <= 0xfe6f or >= 0xff00 and <= 0xff60 or >= 0xffe0 and <= 0xffe6 or >= 0x1f300 and <= 0x1faff
            or >= 0x20000 and <= 0x3fffd => 2,
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format ? 0 : 1,
    };
}
