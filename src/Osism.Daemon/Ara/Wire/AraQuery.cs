using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Osism.Daemon.Recording;

namespace Osism.Daemon.Ara.Wire;

/// <summary>Filters of a list, as conditions of SQL. Parameters nobody knows are ignored, wrong values are refused all at once.</summary>
internal sealed class AraQuery(IQueryCollection query, TimeZoneInfo local)
{
    private readonly List<string> _conditions = [];
    private readonly SortedDictionary<string, string[]> _errors = new(StringComparer.Ordinal);
    private long? _playbook;

    public List<NpgsqlParameter> Parameters { get; } = [];

    /// <summary>The playbook whose rows are asked for, when nothing else is.</summary>
    public long? OnlyPlaybook => _conditions.Count == 1 ? _playbook : null;

    public bool IsEmpty => _conditions.Count == 0;

    public string Where => _conditions.Count == 0 ? "" : $"where {string.Join(" and ", _conditions)}";

    /// <exception cref="AraFault">A filter has a value it cannot have.</exception>
    public void Check()
    {
        if (_errors.Count > 0)
        {
            throw new AraFault(StatusCodes.Status400BadRequest, _errors);
        }
    }

    /// <summary>Case does not matter, and it may stand anywhere.</summary>
    public void Contains(string name, string expression)
    {
        if (Value(name) is { } value)
        {
            Add($"strpos(lower({expression}), lower({Parameter(value)})) > 0");
        }
    }

    public void Same(string name, string expression, bool ignoresCase = false)
    {
        if (Value(name) is { } value)
        {
            Add(ignoresCase ? $"lower({expression}) = lower({Parameter(value)})" : $"{expression} = {Parameter(value)}");
        }
    }

    public void Label(string name)
    {
        if (Value(name) is { } value)
        {
            Add($"x.id in (select pl.playbook from rec_playbook_label pl join rec_label l on l.id = pl.label where lower(l.name) = lower({Parameter(value)}))");
        }
    }

    public void Uuid(string name, string expression)
    {
        if (Value(name) is not { } value)
        {
            return;
        }

        if (Guid.TryParse(value, out var uuid))
        {
            Add($"{expression} = {Parameter(uuid.ToString())}");
        }
        else
        {
            Refuse(name, "Enter a valid UUID.");
        }
    }

    /// <summary>A number compared with a column.</summary>
    public void Number(string name, string expression, string comparison)
    {
        if (NumberOf(name) is { } number)
        {
            Add($"{expression} {comparison} {Parameter(number)}");
        }
    }

    /// <summary>Rows of one playbook: those between its first and its last number.</summary>
    public void Playbook(string expression)
    {
        if (IdOf("playbook") is not { } playbook)
        {
            return;
        }

        _playbook = playbook;
        Range(expression, playbook);
    }

    /// <summary>Rows that refer to a row of another table, which lie in the same playbook.</summary>
    public void Reference(string name, string id, Func<string, string> condition)
    {
        if (IdOf(name) is { } number)
        {
            Range(id, RecordingIds.PlaybookOf(number));
            Add(condition(Parameter(number)));
        }
    }

    public void Flag(string name, string expression)
    {
        // Other values are no value, as Django has it.
        switch (Value(name))
        {
            case "true" or "True" or "1":
                Add(expression);
                break;
            case "false" or "False" or "0":
                Add($"not {expression}");
                break;
        }
    }

    public void Status(string expression, ReadOnlySpan<string> choices)
    {
        var wanted = new List<short>();
        foreach (var value in query["status"])
        {
            if (string.IsNullOrEmpty(value))
            {
                continue;
            }

            if (choices.IndexOf(value) is var number and >= 0)
            {
                wanted.Add((short)number);
            }
            else
            {
                Refuse("status", $"Select a valid choice. {value} is not one of the available choices.");
            }
        }

        if (wanted.Count > 0)
        {
            Parameters.Add(new NpgsqlParameter { Value = wanted.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint });
            Add($"{expression} = any(${Parameters.Count})");
        }
    }

    /// <summary><c>NAME_before</c> and <c>NAME_after</c>, both inclusive.</summary>
    public void Times(string name, string expression)
    {
        Time($"{name}_before", expression, "<=");
        Time($"{name}_after", expression, ">=");
    }

    /// <summary>When a row was made and changed.</summary>
    public void Ages()
    {
        Times("created", "x.created");
        Times("updated", "x.updated");
    }

    /// <summary>The same, and when what it stands for began and ended.</summary>
    public void Spans()
    {
        Ages();
        Times("started", "x.started");
        Times("ended", "x.ended");
    }

    /// <summary>The order asked for, with the number last so that pages do not overlap.</summary>
    public string Order(string standard, IReadOnlyDictionary<string, string> fields)
    {
        var parts = new List<string>();
        foreach (var field in query["order"].SelectMany(value => (value ?? "").Split(',')).Where(field => field.Trim().Length > 0))
        {
            var (name, direction) = field.Trim() is ['-', .. var rest] ? (rest, " desc") : (field.Trim(), "");
            if (fields.TryGetValue(name, out var expression))
            {
                parts.Add(expression + direction);
            }
            else
            {
                Refuse("order", $"Select a valid choice. {field.Trim()} is not one of the available choices.");
            }
        }

        return parts.Count == 0 ? standard : $"{string.Join(", ", parts)}, {standard}";
    }

    public string Parameter(object value)
    {
        Parameters.Add(new NpgsqlParameter { Value = value });
        return $"${Parameters.Count}";
    }

    public void Add(string condition) => _conditions.Add(condition);

    private void Range(string expression, long playbook)
    {
        // Beyond what a number can have there is nothing.
        if (playbook is < 0 or > int.MaxValue)
        {
            Add("false");
            return;
        }

        var (first, last) = RecordingIds.RangeOf(playbook);
        Add($"{expression} between {Parameter(first)} and {Parameter(last)}");
    }

    private void Time(string name, string expression, string comparison)
    {
        if (Value(name) is not { } value)
        {
            return;
        }

        // A plus that was not escaped has become a blank.
        if ((AraFormat.ParseTime(value, local) ?? AraFormat.ParseTime(value.Replace(' ', '+'), local)) is { } time)
        {
            Add($"{expression} {comparison} {Parameter(time)}");
        }
        else
        {
            Refuse(name, "Enter a valid date/time.");
        }
    }

    private decimal? NumberOf(string name)
    {
        if (Value(name) is not { } value)
        {
            return null;
        }

        if (decimal.TryParse(value.Trim(), NumberStyles.Number, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        Refuse(name, "Enter a number.");
        return null;
    }

    private long? IdOf(string name) => NumberOf(name) switch
    {
        null => null,
        >= 0 and <= long.MaxValue and var number when decimal.IsInteger(number) => (long)number,
        // No row has such a number.
        _ => -1,
    };

    private string? Value(string name)
    {
        var value = query[name] is [.., { Length: > 0 } last] ? last : null;
        if (value?.Contains('\0', StringComparison.Ordinal) == true)
        {
            Refuse(name, "Null characters are not allowed.");
            return null;
        }

        return value;
    }

    private void Refuse(string name, string text) => _errors.TryAdd(name, [text]);
}
