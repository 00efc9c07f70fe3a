using System.Text;
using System.Xml;

namespace Osism.Daemon.Recording.Reading.Export;

/// <summary>Text that XML 1.0 can hold: it has no form at all for most control characters (§2.2).</summary>
internal static class XmlText
{
    /// <summary>What XML cannot hold is written as <c>\xNN</c>, halves of characters as U+FFFD.</summary>
    public static string Of(string text)
    {
        var isFine = true;
        foreach (var letter in text)
        {
            isFine &= XmlConvert.IsXmlChar(letter) && letter is not (>= '\x7f' and < '\xa0');
        }

        if (isFine)
        {
            return text;
        }

        var safe = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            // Those from 0x7f on it can hold; but a terminal that shows the file obeys them.
            if ((rune.Value < 0x20 && rune.Value is not ('\t' or '\n' or '\r')) || rune.Value is >= 0x7f and < 0xa0)
            {
                safe.Append($"\\x{rune.Value:x2}");
            }
            else if (rune.Value is 0xfffe or 0xffff)
            {
                safe.Append('\ufffd');
            }
            else
            {
                safe.Append(rune);
            }
        }

        return safe.ToString();
    }
}
