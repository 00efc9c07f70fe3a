using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Facts;

/// <summary>A condition on a fact, as people write it: <c>ansible_distribution_version=12*</c>.</summary>
/// <param name="Path">Of the fact, or a part of it.</param>
/// <param name="Operator">Empty: the host has it.</param>
/// <param name="Value">To compare with.</param>
internal sealed partial record FactExpression(string Path, string Operator, string Value)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private Regex? _pattern;

    /// <exception cref="OsismException"><c>request.invalid</c>.</exception>
    public static FactExpression Parse(string text)
    {
        var match = Form().Match(text);
        if (!match.Success)
            throw new OsismException(ErrorCodes.RequestInvalid, $"'{text}' is no condition: write FACT, or FACT, one of = != ~ < <= > >=, and a value");
        var expression = new FactExpression(match.Groups["path"].Value.Trim(), match.Groups["operator"].Value, match.Groups["value"].Value.Trim());
        try
        {
            expression._pattern = expression.Operator switch
            {
                "=" or "!=" => new Regex(
                    $"^{Regex.Escape(expression.Value).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal)}$",
                    RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.IgnoreCase),
                "~" => new Regex(expression.Value, RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, Patience),
                _ => null,
            };
        }
        catch (ArgumentException e)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"'{expression.Value}' is no regular expression: {e.Message}", e);
        }

        return expression;
    }

    /// <summary>Whether a value fits. One of a list is enough; for <c>!=</c> none of it may be equal.</summary>
    /// <exception cref="OsismException"><c>request.invalid</c>: the expression takes too long.</exception>
    public bool Fits(JsonElement value)
    {
        try
        {
            return Operator switch
            {
                "" => true,
                "!=" => !Any(value, one => _pattern!.IsMatch(one)),
                "=" or "~" => Any(value, one => _pattern!.IsMatch(one)),
                "<" => Any(value, one => Compare(one, Value) < 0),
                "<=" => Any(value, one => Compare(one, Value) <= 0),
                ">" => Any(value, one => Compare(one, Value) > 0),
                _ => Any(value, one => Compare(one, Value) >= 0),
            };
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"the expression '{Value}' takes too long", e);
        }
    }

    /// <summary>Numbers as numbers, all else part by part, numbers in it as such: 12.10 comes after 12.9.</summary>
    internal static int Compare(string left, string right)
    {
        if (double.TryParse(left, NumberStyles.Float, CultureInfo.InvariantCulture, out var a) && double.TryParse(right, NumberStyles.Float, CultureInfo.InvariantCulture, out var b)
            && !(left.Contains('.', StringComparison.Ordinal) && right.Contains('.', StringComparison.Ordinal)))
        {
            return a.CompareTo(b);
        }

        var (one, other) = (Parts().Matches(left), Parts().Matches(right));
        for (var i = 0; i < Math.Min(one.Count, other.Count); i++)
        {
            var order = decimal.TryParse(one[i].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var x) && decimal.TryParse(other[i].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var y)
                ? x.CompareTo(y)
                : string.Compare(one[i].Value, other[i].Value, StringComparison.OrdinalIgnoreCase);
            if (order != 0)
                return order;
        }

        return one.Count.CompareTo(other.Count);
    }

    private static bool Any(JsonElement value, Func<string, bool> fits) => value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray().Any(item => fits(FactValues.TextOf(item)))
        : fits(FactValues.TextOf(value));

    [GeneratedRegex("[0-9]+|[^0-9]+")]
    private static partial Regex Parts();

    [GeneratedRegex("^(?<path>[^=!<>~]+)(?:(?<operator>>=|<=|!=|=|~|>|<)(?<value>.*))?$", RegexOptions.Singleline)]
    private static partial Regex Form();
}
