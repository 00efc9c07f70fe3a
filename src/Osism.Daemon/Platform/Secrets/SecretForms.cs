using System.Globalization;
using System.Text;

namespace Osism.Daemon.Platform.Secrets;

/// <summary>The shapes in which one secret turns up in what Ansible and the tools below it print.</summary>
internal static class SecretForms
{
    /// <summary>Longest piece of a value that is one secret, in characters. A longer value is masked as several secrets side by side.</summary>
    public const int MaximumLength = 4096;

    // Bytes that fill a line of base64: coreutils and Python's encodebytes wrap after 76 digits, OpenSSL after 64.
    private static readonly int[] WrappedLineBytes = [57, 48];

    /// <summary>All byte strings to mask for <paramref name="value"/>; may hold doubles. Nothing for a value below <paramref name="minimumLength"/> characters.</summary>
    public static IEnumerable<byte[]> Of(string value, int minimumLength)
    {
        foreach (var part in Parts(value, minimumLength).Distinct(StringComparer.Ordinal))
        {
            foreach (var text in Texts(part))
                yield return Encoding.UTF8.GetBytes(text);
            var bytes = Encoding.UTF8.GetBytes(part);
            foreach (var text in Base64(bytes, minimumLength))
                yield return Encoding.ASCII.GetBytes(text);
        }
    }

    /// <summary>The value in pieces of bounded length, with either line end, and each of its lines.</summary>
    private static IEnumerable<string> Parts(string value, int minimumLength)
    {
        // A mask that swallowed the last line end would glue lines of the output together.
        var whole = value.Trim('\r', '\n');
        foreach (var piece in Pieces(whole).Where(piece => piece.Length >= minimumLength))
            yield return piece;
        if (whole.AsSpan().ContainsAny('\r', '\n'))
        {
            var unix = whole.ReplaceLineEndings("\n");
            foreach (var piece in Pieces(unix).Concat(Pieces(unix.ReplaceLineEndings("\r\n"))).Where(piece => piece.Length >= minimumLength))
                yield return piece;
        }

        foreach (var line in whole.Split(['\r', '\n'], StringSplitOptions.TrimEntries))
        {
            foreach (var piece in Pieces(line).Where(piece => piece.Length >= minimumLength))
                yield return piece;
        }
    }

    private static IEnumerable<string> Pieces(string value)
    {
        for (var from = 0; from < value.Length;)
        {
            var length = Math.Min(MaximumLength, value.Length - from);
            if (from + length < value.Length && char.IsHighSurrogate(value[from + length - 1]))
                length--;
            yield return value.Substring(from, length);
            from += length;
        }
    }

    private static HashSet<string> Texts(string value)
    {
        var texts = new HashSet<string>(StringComparer.Ordinal)
        {
            value,
            value.Replace("'", "''", StringComparison.Ordinal), // YAML 1.2 §7.3.2
            value.Replace("'", """'"'"'""", StringComparison.Ordinal), // Python shlex.quote
            value.Replace("'", @"'\''", StringComparison.Ordinal), // as people quote for a shell
            PythonRepr(value, escapeQuote: false),
            PythonRepr(value, escapeQuote: true),
        };

        // Twice, because a command's JSON is often shown inside the JSON of its task's result.
        for (var round = 0; round < 2; round++)
        {
            foreach (var text in texts.ToArray())
            {
                texts.Add(Json(text, ascii: true, html: false));
                texts.Add(Json(text, ascii: false, html: false));
                texts.Add(Json(text, ascii: false, html: true));
            }
        }

        foreach (var keep in (ReadOnlySpan<string>)["", "/", "!'()*"])
        {
            foreach (var plus in (ReadOnlySpan<bool>)[false, true])
            {
                texts.Add(Percent(value, keep, plus, "X2"));
                texts.Add(Percent(value, keep, plus, "x2"));
            }
        }

        return texts;
    }

    /// <summary>Inside of a JSON string as Python's json.dumps writes it, with <c>ensure_ascii</c> or without; <paramref name="html"/> as Go's encoding/json does.</summary>
    private static string Json(string value, bool ascii, bool html)
    {
        var text = new StringBuilder(value.Length);
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append(@"\\"),
                '\n' => text.Append(@"\n"),
                '\r' => text.Append(@"\r"),
                '\t' => text.Append(@"\t"),
                '\b' => text.Append(@"\b"),
                '\f' => text.Append(@"\f"),
                < ' ' => Unicode(text, c),
                > '~' when ascii => Unicode(text, c),
                '<' or '>' or '&' when html => Unicode(text, c),
                _ => text.Append(c),
            };
        }

        return text.ToString();

        static StringBuilder Unicode(StringBuilder text, char c) => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
    }

    /// <summary>Inside of a Python string literal as <c>repr</c> writes it. The quote is escaped only where both kinds occur.</summary>
    private static string PythonRepr(string value, bool escapeQuote)
    {
        var text = new StringBuilder(value.Length);
        foreach (var c in value)
        {
            _ = c switch
            {
                '\\' => text.Append(@"\\"),
                '\n' => text.Append(@"\n"),
                '\r' => text.Append(@"\r"),
                '\t' => text.Append(@"\t"),
                '\'' when escapeQuote => text.Append(@"\'"),
                < ' ' or '\x7f' => text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => text.Append(c),
            };
        }

        return text.ToString();
    }

    /// <summary>Percent-encoding (RFC 3986 §2.1). Encoders differ in what they keep, in the case of the digits and in how a blank is written.</summary>
    private static string Percent(string value, string keep, bool plus, string digits)
    {
        var text = new StringBuilder(value.Length);
        foreach (var b in Encoding.UTF8.GetBytes(value))
        {
            var c = (char)b;
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~' || keep.Contains(c))
                text.Append(c);
            else if (c == ' ' && plus)
                text.Append('+');
            else
                text.Append('%').Append(b.ToString(digits, CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    /// <summary>Base64 of text that holds <paramref name="value"/> anywhere: at each of the three alignments those digits which no neighbour has a share in.</summary>
    private static IEnumerable<string> Base64(byte[] value, int minimumLength)
    {
        // The value alone, and as echo gives it: all of it is known, the padding too.
        foreach (var whole in new[] { Convert.ToBase64String(value), Convert.ToBase64String([.. value, (byte)'\n']) })
        {
            yield return whole;
            yield return whole.Replace('+', '-').Replace('/', '_');
        }

        for (var offset = 0; offset < 3; offset++)
        {
            var digits = Convert.ToBase64String([.. new byte[offset], .. value]);
            var first = ((offset * 8) + 5) / 6;
            var end = (offset + value.Length) * 8 / 6;
            yield return digits[first..end];
            yield return digits[first..end].Replace('+', '-').Replace('/', '_');
        }

        foreach (var size in WrappedLineBytes.Where(size => value.Length > size))
        {
            foreach (var line in value.Chunk(size))
            {
                var digits = Convert.ToBase64String(line)[..(line.Length * 8 / 6)];
                if (digits.Length >= minimumLength)
                    yield return digits;
            }
        }
    }
}
