using System.Globalization;
using System.Numerics;
using System.Text;

namespace Osism.Daemon.Inventory.Values;

/// <summary>Python's <c>ast.literal_eval</c>, which decides about the type of a value in an INI file.</summary>
/// <remarks>Source: Python 3.11 language reference §2.4 (literals) and §6.2 (displays), library reference <c>ast.literal_eval</c>.</remarks>
internal sealed class PyLiteral
{
    // Python's tokenizer allows no more open brackets.
    private const int DeepestNesting = 200;
    private const int LongestNumber = 4300;

    private readonly string _text;
    private int _at;
    private int _depth;
    private bool _hasUnhashable;

    private PyLiteral(string text) => _text = text;

    /// <summary>The literal's value; null when the text is none, and then stands for itself.</summary>
    /// <exception cref="SourceException">A list, dictionary or set is the key of a dictionary or in a set, as in <c>{{ 'a' }}</c>: Python fails, and so does Ansible.</exception>
    public static PyValue? Read(string text)
    {
        if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal) || EscapedUtf8.IsEscaped(text))
            return null;
        var reader = new PyLiteral(text.TrimStart(' ', '\t'));
        var value = reader.ReadTuple('\0');
        if (value is null || reader._at < reader._text.Length)
            return null;
        return reader._hasUnhashable ? throw new SourceException($"a list, dictionary or set cannot be a key or in a set: {text}") : value;
    }

    private char Current => _at < _text.Length ? _text[_at] : '\0';

    private char At(int offset) => _at + offset < _text.Length ? _text[_at + offset] : '\0';

    private void SkipSpace()
    {
        while (Current is ' ' or '\t' or '\f')
            _at++;
        if (Current == '#')
            _at = _text.Length;
    }

    /// <summary>One value, or several with commas between them, up to a closing mark.</summary>
    private PyValue? ReadTuple(char end)
    {
        var items = new List<PyValue>();
        var comma = false;
        SkipSpace();
        while (Current != end && _at < _text.Length)
        {
            if (ReadValue() is not { } item)
                return null;
            items.Add(item);
            SkipSpace();
            if (Current != ',')
                break;
            comma = true;
            _at++;
            SkipSpace();
        }

        if (Current != end || (items.Count == 0 && (comma || end == '\0')))
            return null;
        return comma || items.Count == 0 ? new PySequence([.. items], isTuple: true) : items[0];
    }

    private PyValue? ReadValue()
    {
        if (Current is '+' or '-' && ReadSigned() is var signed)
            return signed is null ? null : ReadSum(signed);
        if (ReadAtom() is not { } value)
            return null;
        return value is PyInt or PyFloat or PyOpaque ? ReadSum(value) : value;
    }

    private PyValue? ReadSigned()
    {
        var negative = Current == '-';
        _at++;
        SkipSpace();
        if (Current is '+' or '-' || ReadAtom() is not { } value)
            return null;
        return value switch
        {
            PyInt number => negative ? new PyInt(-number.Value) : number,
            PyFloat number => negative ? new PyFloat(-number.Value) : number,
            PyOpaque { TypeName: "complex" } number => negative ? new PyOpaque("complex", $"(-0-{number.Text})") : number,
            _ => null,
        };
    }

    /// <summary>A real number may be followed by an imaginary one; any other sum is no literal.</summary>
    private PyValue? ReadSum(PyValue left)
    {
        SkipSpace();
        if (Current is not ('+' or '-'))
            return left;
        var sign = Current;
        _at++;
        SkipSpace();
        var right = Current is '+' or '-' ? null : ReadAtom();
        return left is PyInt or PyFloat && right is PyOpaque { TypeName: "complex" } imaginary
            ? new PyOpaque("complex", $"({(left is PyInt i ? i.Value.ToString(CultureInfo.InvariantCulture) : PyRepr.Float(((PyFloat)left).Value))}{sign}{imaginary.Text})")
            : null;
    }

    private PyValue? ReadAtom()
    {
        var letter = Current;
        if (letter is '(' or '[' or '{')
        {
            if (++_depth > DeepestNesting)
                return null;
            _at++;
            var value = letter switch { '(' => ReadTuple(')'), '[' => ReadList(), _ => ReadBraces() };
            if (value is null || _at >= _text.Length)
                return null;
            _at++;
            _depth--;
            return value;
        }

        if (char.IsAsciiDigit(letter) || (letter == '.' && char.IsAsciiDigit(At(1))))
            return ReadNumber();
        if (letter == '.' && At(1) == '.' && At(2) == '.')
        {
            _at += 3;
            return new PyOpaque("ellipsis", "Ellipsis");
        }

        return PyStringLiteral.IsAt(_text, _at) ? ReadStrings() : ReadWord();
    }

    private PySequence? ReadList()
    {
        var items = ReadItems(']');
        return items is null ? null : new PySequence([.. items]);
    }

    private List<PyValue>? ReadItems(char end)
    {
        var items = new List<PyValue>();
        SkipSpace();
        while (Current != end)
        {
            if (ReadValue() is not { } item)
                return null;
            items.Add(item);
            SkipSpace();
            if (Current != ',')
                return Current == end ? items : null;
            _at++;
            SkipSpace();
        }

        return items;
    }

    private PyValue? ReadBraces()
    {
        SkipSpace();
        if (Current == '}')
            return PyMapping.Empty;
        var start = _at;
        if (ReadValue() is null)
            return null;
        SkipSpace();
        var isDictionary = Current == ':';
        _at = start;
        return isDictionary ? ReadDictionary() : ReadSet();
    }

    private PySet? ReadSet()
    {
        if (ReadItems('}') is not { } items)
            return null;
        _hasUnhashable |= items.Exists(item => !item.IsHashable);
        return new PySet([.. items.Distinct()]);
    }

    private PyMapping? ReadDictionary()
    {
        var pairs = new List<PyPair>();
        while (Current != '}')
        {
            if (ReadValue() is not { } key)
                return null;
            SkipSpace();
            if (Current != ':')
                return null;
            _at++;
            SkipSpace();
            if (ReadValue() is not { } value)
                return null;
            _hasUnhashable |= !key.IsHashable;
            pairs.Add(new PyPair(key, value, 0));
            SkipSpace();
            if (Current == '}')
                break;
            if (Current != ',')
                return null;
            _at++;
            SkipSpace();
        }

        return PyMapping.Of(pairs);
    }

    private PyValue? ReadWord()
    {
        var start = _at;
        while (char.IsLetterOrDigit(Current) || Current == '_')
            _at++;
        switch (_text.AsSpan(start, _at - start))
        {
            case "True":
                return PyBool.True;
            case "False":
                return PyBool.False;
            case "None":
                return PyNone.Value;
            case "set":
                SkipSpace();
                if (Current != '(')
                    return null;
                _at++;
                SkipSpace();
                if (Current != ')')
                    return null;
                _at++;
                return new PySet([]);
            default:
                return null;
        }
    }

    /// <summary>Strings that stand side by side are one.</summary>
    private PyValue? ReadStrings()
    {
        StringBuilder? text = null;
        List<byte>? bytes = null;
        while (PyStringLiteral.IsAt(_text, _at))
        {
            if (PyStringLiteral.Read(_text, ref _at) is not { } part)
                return null;
            if (part.IsBytes ? text is not null : bytes is not null)
                return null;
            if (part.IsBytes)
                (bytes ??= []).AddRange(Encoding.Latin1.GetBytes(part.Value));
            else
                (text ??= new StringBuilder()).Append(part.Value);
            SkipSpace();
        }

        return bytes is not null ? new PyBytes([.. bytes]) : new PyText(text!.ToString());
    }

    private PyValue? ReadNumber()
    {
        if (Current == '0' && At(1) is 'x' or 'X' or 'o' or 'O' or 'b' or 'B')
            return ReadRadix();
        var start = _at;
        var isFloat = false;
        if (char.IsAsciiDigit(Current) && !SkipDigits())
            return null;
        if (Current == '.')
        {
            isFloat = true;
            _at++;
            if (char.IsAsciiDigit(Current) && !SkipDigits())
                return null;
        }

        if (Current is 'e' or 'E' && (char.IsAsciiDigit(At(1)) || (At(1) is '+' or '-' && char.IsAsciiDigit(At(2)))))
        {
            isFloat = true;
            _at += char.IsAsciiDigit(At(1)) ? 1 : 2;
            if (char.IsAsciiDigit(Current) && !SkipDigits())
                return null;
        }

        var digits = _text[start.._at].Replace("_", "", StringComparison.Ordinal);
        if (Current is 'j' or 'J')
        {
            _at++;
            var real = PyRepr.Float(double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture));
            return EndsNumber() ? new PyOpaque("complex", $"{(real.EndsWith(".0", StringComparison.Ordinal) ? real[..^2] : real)}j") : null;
        }

        if (!EndsNumber())
            return null;
        if (isFloat)
            return new PyFloat(double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture));
        // 007 is an error since Python 3, 000 is not.
        return (digits[0] == '0' && digits.AsSpan().ContainsAnyExcept('0')) || digits.Length > LongestNumber
            ? null
            : new PyInt(BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture));
    }

    private PyInt? ReadRadix()
    {
        var radix = char.ToLowerInvariant(At(1)) switch { 'x' => 16, 'o' => 8, _ => 2 };
        _at += 2;
        var sum = BigInteger.Zero;
        var afterDigit = true;
        var any = false;
        while (char.IsAsciiHexDigit(Current) || Current == '_')
        {
            if (Current == '_')
            {
                if (!afterDigit)
                    return null;
                afterDigit = false;
            }
            else
            {
                var digit = Convert.ToInt32(Current.ToString(), 16);
                if (digit >= radix)
                    return null;
                sum = (sum * radix) + digit;
                afterDigit = any = true;
            }

            _at++;
        }

        return any && afterDigit && EndsNumber() ? new PyInt(sum) : null;
    }

    /// <summary>Digits with single underscores between them.</summary>
    private bool SkipDigits()
    {
        while (char.IsAsciiDigit(Current) || (Current == '_' && char.IsAsciiDigit(At(1))))
            _at++;
        return Current != '_';
    }

    private bool EndsNumber() => !(char.IsLetterOrDigit(Current) || Current is '_' or '.');
}
