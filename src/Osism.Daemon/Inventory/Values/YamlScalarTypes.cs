using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Osism.Daemon.Inventory.Values;

/// <summary>Which type a plain scalar of YAML 1.1 has, and its value, as PyYAML guesses them.</summary>
/// <remarks>Source: the YAML 1.1 type repository (yaml.org/type) with PyYAML 6.0's deviations: a float needs a dot and its exponent a sign,
/// <c>y</c> and <c>n</c> are texts.</remarks>
internal static partial class YamlScalarTypes
{
    public const string Null = "tag:yaml.org,2002:null";
    public const string Bool = "tag:yaml.org,2002:bool";
    public const string Int = "tag:yaml.org,2002:int";
    public const string Float = "tag:yaml.org,2002:float";
    public const string Timestamp = "tag:yaml.org,2002:timestamp";
    public const string Merge = "tag:yaml.org,2002:merge";
    public const string DefaultValue = "tag:yaml.org,2002:value";
    public const string Text = "tag:yaml.org,2002:str";

    // Python refuses to read longer numbers.
    private const int LongestNumber = 4300;

    public static string Guess(string value)
    {
        if (value.Length == 0)
            return Null;
        switch (value[0])
        {
            case '~' when value.Length == 1:
                return Null;
            case 'n' or 'N' when value is "null" or "Null" or "NULL":
                return Null;
            case 'y' or 'Y' or 'n' or 'N' or 't' or 'T' or 'f' or 'F' or 'o' or 'O':
                return value is "yes" or "Yes" or "YES" or "no" or "No" or "NO" or "true" or "True" or "TRUE" or "false" or "False" or "FALSE"
                    or "on" or "On" or "ON" or "off" or "Off" or "OFF" ? Bool : Text;
            case '<' when value == "<<":
                return Merge;
            case '=' when value.Length == 1:
                return DefaultValue;
            case '-' or '+' or '.' or (>= '0' and <= '9'):
                return FloatForm().IsMatch(value) ? Float
                    : IntForm().IsMatch(value) ? Int
                    : char.IsAsciiDigit(value[0]) && TimestampForm().IsMatch(value) ? Timestamp
                    : Text;
            default:
                return Text;
        }
    }

    public static PyValue ReadBool(string value, int line) => value.ToLowerInvariant() switch
    {
        "yes" or "true" or "on" => PyBool.True,
        "no" or "false" or "off" => PyBool.False,
        _ => throw new SourceException($"'{value}' is no boolean", line),
    };

    public static PyValue ReadInt(string value, int line)
    {
        var digits = value.Replace("_", "", StringComparison.Ordinal);
        var negative = digits.StartsWith('-');
        digits = digits.StartsWith('-') || digits.StartsWith('+') ? digits[1..] : digits;
        var number = digits == "0" ? BigInteger.Zero
            : digits.StartsWith("0b", StringComparison.Ordinal) ? Digits(digits[2..], 2)
            : digits.StartsWith("0x", StringComparison.Ordinal) ? Digits(digits[2..], 16)
            : digits.StartsWith("0o", StringComparison.Ordinal) ? Digits(digits[2..], 8)
            : digits.StartsWith('0') ? Digits(digits, 8)
            : digits.Contains(':', StringComparison.Ordinal) ? digits.Split(':').Aggregate(BigInteger.Zero, (sum, part) => (sum * 60) + Digits(part, 10))
            : Digits(digits, 10);
        return new PyInt(negative ? -number : number);

        BigInteger Digits(string text, int radix)
        {
            if (text.Length == 0 || (radix == 10 && text.Length > LongestNumber))
                throw new SourceException($"'{value}' is no whole number", line);
            if (radix == 10)
                return PyStrings.ToInteger(text) ?? throw new SourceException($"'{value}' is no whole number", line);
            var sum = BigInteger.Zero;
            foreach (var letter in text)
            {
                var digit = char.IsAsciiHexDigit(letter) ? Convert.ToInt32(letter.ToString(), 16) : 99;
                if (digit >= radix)
                    throw new SourceException($"'{value}' is no whole number", line);
                sum = (sum * radix) + digit;
            }

            return sum;
        }
    }

    public static PyValue ReadFloat(string value, int line)
    {
        var text = value.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
        var sign = text.StartsWith('-') ? -1.0 : 1.0;
        text = text.StartsWith('-') || text.StartsWith('+') ? text[1..] : text;
        if (text is ".inf" or "inf" or "infinity")
            return new PyFloat(sign * double.PositiveInfinity);
        if (text is ".nan" or "nan")
            return new PyFloat(double.NaN);
        if (!text.Contains(':', StringComparison.Ordinal))
            return new PyFloat(sign * Parse(text));
        // From the right, as PyYAML adds them up: the order decides about the last bit.
        var sum = 0.0;
        var factor = 1.0;
        foreach (var part in text.Split(':').Reverse())
        {
            sum += Parse(part) * factor;
            factor *= 60;
        }

        return new PyFloat(sign * sum);

        double Parse(string part) =>
            double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw new SourceException($"'{value}' is no number", line);
    }

    public static PyValue ReadTimestamp(string value, int line)
    {
        var match = TimestampParts().Match(value);
        if (!match.Success)
            throw new SourceException($"'{value}' is no date", line);
        try
        {
            var day = new DateTime(Number("year"), Number("month"), Number("day"), 0, 0, 0, DateTimeKind.Unspecified);
            if (!match.Groups["hour"].Success)
                return new PyTime(day, isDate: true, offset: null);
            var time = new TimeOnly(Number("hour"), Number("minute"), Number("second"));
            var fraction = match.Groups["fraction"].Value;
            var microseconds = fraction.Length == 0 ? 0 : int.Parse(fraction.PadRight(6, '0')[..6], CultureInfo.InvariantCulture);
            return new PyTime(day.Add(time.ToTimeSpan()).AddTicks(microseconds * TimeSpan.TicksPerMicrosecond), isDate: false, Offset());
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new SourceException($"'{value}' is no date that exists", line);
        }

        int Number(string name) => match.Groups[name].Success ? int.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture) : 0;

        TimeSpan? Offset()
        {
            if (!match.Groups["zone"].Success)
                return null;
            var away = new TimeSpan(Number("zonehour"), Number("zoneminute"), 0);
            if (away >= TimeSpan.FromDays(1))
                throw new ArgumentOutOfRangeException(nameof(value));
            return match.Groups["sign"].Value == "-" ? -away : away;
        }
    }

    [GeneratedRegex(@"^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$", RegexOptions.CultureInvariant)]
    private static partial Regex FloatForm();

    [GeneratedRegex(@"^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$", RegexOptions.CultureInvariant)]
    private static partial Regex IntForm();

    [GeneratedRegex(@"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)$", RegexOptions.CultureInvariant)]
    private static partial Regex TimestampForm();

    [GeneratedRegex(@"^(?<year>[0-9]{4})-(?<month>[0-9]{1,2})-(?<day>[0-9]{1,2})(?:(?:[Tt]|[ \t]+)(?<hour>[0-9]{1,2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2})(?:\.(?<fraction>[0-9]*))?(?:[ \t]*(?<zone>Z|(?<sign>[-+])(?<zonehour>[0-9]{1,2})(?::(?<zoneminute>[0-9]{2}))?))?)?$", RegexOptions.CultureInvariant)]
    private static partial Regex TimestampParts();
}
