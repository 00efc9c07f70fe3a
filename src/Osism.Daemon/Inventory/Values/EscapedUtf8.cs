using System.Text;
using System.Text.Unicode;

namespace Osism.Daemon.Inventory.Values;

/// <summary>UTF-8 with Python's <c>surrogateescape</c> (PEP 383): a byte that is not UTF-8 becomes the lone surrogate U+DC00 + byte.</summary>
internal static class EscapedUtf8
{
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
            return Encoding.UTF8.GetString(bytes);
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var used) == System.Buffers.OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                used = 1;
                text.Append((char)(0xdc00 + bytes[0]));
            }

            bytes = bytes[used..];
        }

        return text.ToString();
    }

    /// <summary>Line, from 1, of the first byte that is not UTF-8; null when all is well.</summary>
    public static int? LineOfBadByte(ReadOnlySpan<byte> content)
    {
        if (Utf8.IsValid(content))
            return null;
        var line = 1;
        while (Rune.DecodeFromUtf8(content, out var rune, out var used) == System.Buffers.OperationStatus.Done)
        {
            line += rune.Value == '\n' ? 1 : 0;
            content = content[used..];
        }

        return line;
    }

    /// <summary>Whether a text came from bytes that were not UTF-8.</summary>
    public static bool IsEscaped(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return true;
            i++;
        }

        return false;
    }

    /// <summary>What Ansible prints of such a text: the bytes, and U+FFFD for those that are not UTF-8.</summary>
    public static string ForOutput(string text)
    {
        if (!IsEscaped(text))
            return text;
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is >= '\udc80' and <= '\udcff' && (i == 0 || !char.IsHighSurrogate(text[i - 1])))
            {
                bytes.Add((byte)(text[i] - 0xdc00));
                continue;
            }

            var length = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]) ? 2 : 1;
            bytes.AddRange(length == 1 && char.IsSurrogate(text[i]) ? "?"u8 : Encoding.UTF8.GetBytes(text.Substring(i, length)));
            i += length - 1;
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
