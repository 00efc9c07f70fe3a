using System.Text;

namespace Osism.Protocols.Vault;

/// <summary>The outer form of a vault text: a header line, then hexadecimal digits in lines.</summary>
/// <remarks>Source: ansible-core 2.14 user guide, "Format of files encrypted with Ansible Vault".</remarks>
internal static class VaultText
{
    public const string Cipher = "AES256";

    /// <summary>Digits in a line of the body.</summary>
    public const int Columns = 80;

    // Longest part of a header that is repeated in an error.
    private const int MaximumQuote = 40;

    public static ReadOnlySpan<byte> Magic => "$ANSIBLE_VAULT"u8;

    private static ReadOnlySpan<byte> Blanks => " \t\f\v"u8;

    /// <summary>Reads the header line.</summary>
    /// <exception cref="VaultFormatException">It is not the header of a text this codec reads.</exception>
    public static (string Version, string? Label) ReadHeader(ReadOnlySpan<byte> content)
    {
        if (!content.StartsWith(Magic))
            throw new VaultFormatException("This is no vault text: it does not begin with $ANSIBLE_VAULT", 1, 1);
        var line = content[..LineLength(content)].TrimEnd(Blanks);
        if (line.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7e) is var foreign and >= 0)
        {
            // Labels are the one part where other characters may stand.
            if (line[..foreign].Count((byte)';') < 3 || !IsUtf8(line))
                throw new VaultFormatException("The header holds a character that cannot be there", 1, foreign + 1);
        }

        var parts = Encoding.UTF8.GetString(line).Split(';', 4);
        if (parts.Length < 3 || parts[0].TrimEnd() != "$ANSIBLE_VAULT")
            throw new VaultFormatException("The header is not of the form $ANSIBLE_VAULT;VERSION;CIPHER", 1, 0);
        var (version, cipher) = (parts[1].Trim(), parts[2].Trim());
        if (version == "1.0")
        {
            throw new VaultFormatException(
                "Format version 1.0 is not read: it predates authenticated encryption; rewrite the file with 'ansible-vault rekey' of an old Ansible", 1, 0);
        }

        if (version is not ("1.1" or "1.2"))
            throw new VaultFormatException($"Format version '{Quote(version)}' is unknown; 1.1 and 1.2 are read", 1, 0);
        if (cipher != Cipher)
            throw new VaultFormatException($"Cipher '{Quote(cipher)}' is unknown; AES256 is read", 1, 0);
        var label = parts.Length > 3 ? parts[3].Trim() : "";
        return (version, label.Length > 0 ? label : null);
    }

    /// <summary>The hexadecimal digits of the body, without line ends and blanks around the lines.</summary>
    /// <exception cref="VaultFormatException">Something else stands there, or the number of digits is odd.</exception>
    public static byte[] ReadDigits(ReadOnlySpan<byte> content)
    {
        var digits = new byte[content.Length];
        var count = 0;
        var number = 0;
        var last = 1;
        while (!content.IsEmpty)
        {
            number++;
            var length = LineLength(content);
            var line = content[..length];
            content = SkipLineEnd(content[length..]);
            if (number == 1)
                continue;
            var trimmed = line.Trim(Blanks);
            var indent = line.Length - line.TrimStart(Blanks).Length;
            for (var i = 0; i < trimmed.Length; i++)
            {
                if (!char.IsAsciiHexDigit((char)trimmed[i]))
                    throw new VaultFormatException($"Expected a hexadecimal digit, found byte 0x{trimmed[i]:x2}", number, indent + i + 1);
            }

            trimmed.CopyTo(digits.AsSpan(count));
            count += trimmed.Length;
            last = trimmed.IsEmpty ? last : number;
        }

        if (count == 0)
            throw new VaultFormatException("There is nothing after the header", 1, 0);
        if (count % 2 != 0)
            throw new VaultFormatException("The number of hexadecimal digits is odd: the text is cut short or something was inserted", last, 0);
        return digits[..count];
    }

    /// <summary>Where digit number <paramref name="digit"/> of the body (from 0) stands; the last line when there are fewer.</summary>
    public static (int Line, int Column) Locate(ReadOnlySpan<byte> content, int digit)
    {
        var number = 0;
        var last = 1;
        while (!content.IsEmpty)
        {
            number++;
            var length = LineLength(content);
            var line = content[..length];
            content = SkipLineEnd(content[length..]);
            var trimmed = line.Trim(Blanks);
            if (number == 1 || trimmed.IsEmpty)
                continue;
            if (digit < trimmed.Length)
                return (number, line.Length - line.TrimStart(Blanks).Length + digit + 1);
            digit -= trimmed.Length;
            last = number;
        }

        return (last, 0);
    }

    private static int LineLength(ReadOnlySpan<byte> content) =>
        content.IndexOfAny((byte)'\n', (byte)'\r') is var end and >= 0 ? end : content.Length;

    private static ReadOnlySpan<byte> SkipLineEnd(ReadOnlySpan<byte> rest) =>
        rest.StartsWith("\r\n"u8) ? rest[2..] : rest.IsEmpty ? rest : rest[1..];

    private static bool IsUtf8(ReadOnlySpan<byte> text) => System.Text.Unicode.Utf8.IsValid(text);

    private static string Quote(string text) => text.Length <= MaximumQuote ? text : text[..MaximumQuote] + "...";
}
