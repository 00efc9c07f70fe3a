using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Osism.Daemon.Recording.Reading.Search;

/// <summary>A text that is looked for in bytes. Whatever the case means ASCII letters: bytes have no other.</summary>
internal sealed class Needle
{
    private const int Block = 4096;
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly byte[] _bytes;
    private readonly SearchValues<string>? _anyCase;

    private Needle(byte[] bytes, bool ignoreCase)
    {
        _bytes = bytes;
        _anyCase = ignoreCase ? SearchValues.Create([Encoding.Latin1.GetString(bytes)], StringComparison.OrdinalIgnoreCase) : null;
    }

    /// <summary>Longest text, in bytes.</summary>
    public const int Longest = 1000;

    public int Length => _bytes.Length;

    public static Needle Of(string text, bool ignoreCase) => new(Encoding.UTF8.GetBytes(text), ignoreCase);

    /// <summary>The text as it stands in a JSON string, where that is something else: with its quotes escaped, and as Python writes what is not ASCII.</summary>
    public static IEnumerable<Needle> InJson(string text, bool ignoreCase)
    {
        var escaped = JsonEncodedText.Encode(text, Relaxed.Encoder).ToString();
        if (escaped != text)
        {
            yield return Of(escaped, ignoreCase);
        }

        if (!Ascii.IsValid(escaped))
        {
            yield return Of(string.Concat(escaped.Select(letter => letter < 0x80 ? letter.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"))), ignoreCase);
        }
    }

    /// <summary>Where it is first; -1 when it is not there.</summary>
    public int IndexIn(ReadOnlySpan<byte> bytes)
    {
        if (_anyCase is null)
        {
            return bytes.IndexOf(_bytes);
        }

        // Widened, because the vectorised search that disregards case is one over characters. The block stays in the cache.
        Span<char> block = stackalloc char[Block];
        for (var from = 0; from + _bytes.Length <= bytes.Length;)
        {
            var count = Encoding.Latin1.GetChars(bytes.Slice(from, Math.Min(Block, bytes.Length - from)), block);
            var at = ((ReadOnlySpan<char>)block[..count]).IndexOfAny(_anyCase);
            if (at < 0)
            {
                from += Math.Max(1, count - _bytes.Length + 1);
            }
            else if (IsAt(bytes[(from + at)..]))
            {
                return from + at;
            }
            else
            {
                from += at + 1;
            }
        }

        return -1;
    }

    /// <summary>Halves of characters that are no ASCII must not pass for each other.</summary>
    private bool IsAt(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < _bytes.Length; i++)
        {
            if (Lower(bytes[i]) != Lower(_bytes[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static byte Lower(byte letter) => letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter | 0x20) : letter;
}
