using System.Globalization;
using System.Numerics;
using System.Text;

namespace Osism.Daemon.Inventory.Values;

/// <summary>Reads JSON as Python's <c>json.loads</c> does, with Ansible's two kinds of objects that stand for a text. Ansible tries it before YAML.</summary>
/// <remarks>Other than RFC 8259 it knows NaN and Infinity; of a key that occurs twice the last one counts.</remarks>
internal sealed class JsonValues
{
    private const int DeepestNesting = 300;

    private readonly string _text;
    private int _at;
    private int _line = 1;
    private int _depth;

    private JsonValues(string text) => _text = text;

    /// <summary>Null when it is not JSON.</summary>
    public static PyValue? Read(string text)
    {
        var reader = new JsonValues(text);
        reader.SkipSpace();
        if (reader.ReadValue() is not { } value)
            return null;
        reader.SkipSpace();
        return reader._at == text.Length ? value : null;
    }

    private char Current => _at < _text.Length ? _text[_at] : '\0';

    private void SkipSpace()
    {
        for (; Current is ' ' or '\t' or '\n' or '\r'; _at++)
        {
            if (Current == '\n')
                _line++;
        }
    }

    private PyValue? ReadValue()
    {
        switch (Current)
        {
            case '{' or '[':
                if (++_depth > DeepestNesting)
                    return null;
                var collection = Current == '{' ? ReadObject() : ReadArray();
                _depth--;
                return collection;
            case '"':
                return ReadText() is { } text ? new PyText(text) : null;
            case '-' or (>= '0' and <= '9'):
                return Take("-Infinity") ? new PyFloat(double.NegativeInfinity) : ReadNumber();
            default:
                return Take("null") ? PyNone.Value
                    : Take("true") ? PyBool.True
                    : Take("false") ? PyBool.False
                    : Take("NaN") ? new PyFloat(double.NaN)
                    : Take("Infinity") ? new PyFloat(double.PositiveInfinity)
                    : null;
        }
    }

    private bool Take(string word)
    {
        if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0)
            return false;
        _at += word.Length;
        return true;
    }

    private PyValue? ReadObject()
    {
        var pairs = new List<PyPair>();
        _at++;
        SkipSpace();
        if (Current == '}')
        {
            _at++;
            return PyMapping.Empty;
        }

        while (Current == '"')
        {
            var line = _line;
            if (ReadText() is not { } key)
                return null;
            SkipSpace();
            if (Current != ':')
                return null;
            _at++;
            SkipSpace();
            if (ReadValue() is not { } value)
                return null;
            pairs.Add(new PyPair(new PyText(key), value, line));
            SkipSpace();
            if (Current == '}')
            {
                _at++;
                return Special(PyMapping.Of(pairs));
            }

            if (Current != ',')
                return null;
            _at++;
            SkipSpace();
        }

        return null;
    }

    private static PyValue Special(PyMapping mapping)
    {
        foreach (var pair in mapping.Pairs)
        {
            switch (((PyText)pair.Key).Value)
            {
                case "__ansible_vault" when pair.Value is PyText text:
                    return new PyVault(text.Value);
                case "__ansible_unsafe":
                    return Unsafe(pair.Value);
            }
        }

        return mapping;
    }

    private static PyValue Unsafe(PyValue value) => value switch
    {
        PyText text => new PyText(text.Value, isUnsafe: true),
        PySequence sequence => new PySequence([.. sequence.Items.Select(Unsafe)], sequence.IsTuple),
        PyMapping mapping => PyMapping.Of([.. mapping.Pairs.Select(pair => pair with { Key = Unsafe(pair.Key), Value = Unsafe(pair.Value) })]),
        _ => value,
    };

    private PySequence? ReadArray()
    {
        var items = new List<PyValue>();
        _at++;
        SkipSpace();
        if (Current == ']')
        {
            _at++;
            return new PySequence([]);
        }

        while (ReadValue() is { } value)
        {
            items.Add(value);
            SkipSpace();
            if (Current == ']')
            {
                _at++;
                return new PySequence([.. items]);
            }

            if (Current != ',')
                return null;
            _at++;
            SkipSpace();
        }

        return null;
    }

    private PyValue? ReadNumber()
    {
        var start = _at;
        if (Current == '-')
            _at++;
        if (Current == '0')
            _at++;
        else if (!SkipDigits())
            return null;
        var isFloat = false;
        if (Current == '.' && _at + 1 < _text.Length && char.IsAsciiDigit(_text[_at + 1]))
        {
            isFloat = true;
            _at++;
            SkipDigits();
        }

        if (Current is 'e' or 'E')
        {
            var mark = _at++;
            if (Current is '+' or '-')
                _at++;
            if (SkipDigits())
                isFloat = true;
            else
                _at = mark;
        }

        var number = _text.AsSpan(start, _at - start);
        return isFloat
            ? new PyFloat(double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture))
            : new PyInt(BigInteger.Parse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
    }

    private bool SkipDigits()
    {
        var start = _at;
        while (char.IsAsciiDigit(Current))
            _at++;
        return _at > start;
    }

    private string? ReadText()
    {
        var value = new StringBuilder();
        _at++;
        while (_at < _text.Length)
        {
            var letter = _text[_at++];
            if (letter == '"')
                return value.ToString();
            if (letter < ' ')
                return null;
            if (letter != '\\')
            {
                value.Append(letter);
                continue;
            }

            if (_at == _text.Length)
                return null;
            letter = _text[_at++];
            if (letter == 'u')
            {
                if (_at + 4 > _text.Length || !ushort.TryParse(_text.AsSpan(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
                    return null;
                value.Append((char)code);
                _at += 4;
                continue;
            }

            var escaped = letter switch { '"' => '"', '\\' => '\\', '/' => '/', 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', _ => '\0' };
            if (escaped == '\0')
                return null;
            value.Append(escaped);
        }

        return null;
    }
}
