using System.Buffers;
using System.Globalization;
using System.Text;

namespace Osism.Daemon.Inventory.Values;

/// <summary>Writes values as <c>json.dumps(indent=4, ensure_ascii=False)</c> of Ansible's encoder does.</summary>
/// <param name="target">Gets UTF-8.</param>
/// <param name="sorted">Keys in order; otherwise in that in which they came.</param>
internal sealed class PyJson(Stream target, bool sorted) : IDisposable
{
    private const int FlushAt = 64 * 1024;
    private const int Indentation = 4;

    private static readonly SearchValues<char> Escaped = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(code => (char)code), '"', '\\']);

    private readonly ArrayBufferWriter<byte> _bytes = new(FlushAt + 4096);

    /// <summary>Whether <see cref="Write"/> sorts keys.</summary>
    public bool IsSorted { get; } = sorted;

    public void Append(ReadOnlySpan<char> text)
    {
        _bytes.Advance(Encoding.UTF8.GetBytes(text, _bytes.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
        if (_bytes.WrittenCount >= FlushAt)
            Flush();
    }

    /// <summary>Something that was written before.</summary>
    public void Append(ReadOnlySpan<byte> text)
    {
        _bytes.Write(text);
        if (_bytes.WrittenCount >= FlushAt)
            Flush();
    }

    /// <summary>A new line with its indentation.</summary>
    public void NewLine(int depth)
    {
        var span = _bytes.GetSpan(1 + (depth * Indentation));
        span[0] = (byte)'\n';
        span.Slice(1, depth * Indentation).Fill((byte)' ');
        _bytes.Advance(1 + (depth * Indentation));
    }

    public void Write(PyValue value, int depth)
    {
        switch (value)
        {
            case PyText { IsUnsafe: true } text:
                WriteSpecial("__ansible_unsafe", text.Value, depth);
                break;
            case PyText text:
                Quote(text.Value);
                break;
            case PyVault vault:
                WriteSpecial("__ansible_vault", vault.Ciphertext, depth);
                break;
            case PyTime time:
                Quote(time.Iso());
                break;
            case PySequence sequence:
                WriteSequence(sequence, depth);
                break;
            case PyMapping mapping:
                WriteMapping(mapping, depth);
                break;
            default:
                Append(Plain(value));
                break;
        }
    }

    public void WriteKey(PyValue key)
    {
        Quote(key is PyText text ? text.Value : Plain(key));
        Append(": ");
    }

    public void Quote(string value)
    {
        value = EscapedUtf8.ForOutput(value);
        Append("\"");
        var rest = value.AsSpan();
        while (rest.IndexOfAny(Escaped) is var at and >= 0)
        {
            Append(rest[..at]);
            Append(rest[at] switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\b' => "\\b",
                '\f' => "\\f",
                var letter => $"\\u{(int)letter:x4}",
            });
            rest = rest[(at + 1)..];
        }

        Append(rest);
        Append("\"");
    }

    public void Flush()
    {
        target.Write(_bytes.WrittenSpan);
        _bytes.ResetWrittenCount();
    }

    public void Dispose() => Flush();

    private static string Plain(PyValue value) => value switch
    {
        PyNone => "null",
        PyBool flag => flag.Value ? "true" : "false",
        PyInt number => number.Value.ToString(CultureInfo.InvariantCulture),
        PyFloat { Value: double.NaN } => "NaN",
        PyFloat { Value: double.PositiveInfinity } => "Infinity",
        PyFloat { Value: double.NegativeInfinity } => "-Infinity",
        PyFloat number => PyRepr.Float(number.Value),
        _ => throw new InvalidOperationException($"JSON has no {value.TypeName}"),
    };

    private void WriteSpecial(string key, string value, int depth)
    {
        Append("{");
        NewLine(depth + 1);
        Quote(key);
        Append(": ");
        Quote(value);
        NewLine(depth);
        Append("}");
    }

    private void WriteSequence(PySequence sequence, int depth)
    {
        if (sequence.Items.Length == 0)
        {
            Append("[]");
            return;
        }

        for (var i = 0; i < sequence.Items.Length; i++)
        {
            Append(i == 0 ? "[" : ",");
            NewLine(depth + 1);
            Write(sequence.Items[i], depth + 1);
        }

        NewLine(depth);
        Append("]");
    }

    private void WriteMapping(PyMapping mapping, int depth)
    {
        if (mapping.Pairs.Length == 0)
        {
            Append("{}");
            return;
        }

        var pairs = mapping.Pairs;
        if (IsSorted)
        {
            pairs = [.. pairs];
            Array.Sort(pairs, static (a, b) => PyKeys.Compare(a.Key, b.Key));
        }

        for (var i = 0; i < pairs.Length; i++)
        {
            Append(i == 0 ? "{" : ",");
            NewLine(depth + 1);
            WriteKey(pairs[i].Key);
            Write(pairs[i].Value, depth + 1);
        }

        NewLine(depth);
        Append("}");
    }
}
