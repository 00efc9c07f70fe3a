using System.Text;

namespace Osism.Cli.Recording;

/// <summary>Text of others for a terminal: nothing in it is a command.</summary>
internal static class SafeText
{
    /// <summary>One line: line ends become blanks, colours go, other control characters show as <c>\xNN</c>.</summary>
    public static string Line(string text) => Make(text, keepsLines: false);

    /// <summary>Several lines, which stay.</summary>
    public static string Lines(string text) => Make(text, keepsLines: true);

    private static string Make(string text, bool keepsLines)
    {
        var harmless = true;
        foreach (var letter in text)
            harmless &= !char.IsControl(letter) || (keepsLines && letter == '\n');
        if (harmless)
            return text;

        var filter = new Jobs.EscapeFilter();
        var plain = Encoding.UTF8.GetString(filter.Take(Encoding.UTF8.GetBytes(text.Replace("\r\n", "\n", StringComparison.Ordinal))));
        var safe = new StringBuilder(plain.Length);
        foreach (var letter in plain)
        {
            safe.Append(letter switch
            {
                '\n' => keepsLines ? "\n" : " ",
                '\t' => keepsLines ? "\t" : " ",
                _ when char.IsControl(letter) => $"\\x{(int)letter:x2}",
                _ => letter.ToString(),
            });
        }

        return safe.ToString();
    }
}
