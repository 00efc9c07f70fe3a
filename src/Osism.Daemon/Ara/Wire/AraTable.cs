using Npgsql;

namespace Osism.Daemon.Ara.Wire;

/// <summary>How rows of one kind are selected and read.</summary>
/// <param name="Columns">What <paramref name="Read"/> expects, in its order.</param>
/// <param name="From">The table, called x, and what is joined to it.</param>
/// <param name="Read">Reads the current row.</param>
/// <param name="Standard">Order when none is asked for; ends with something unique.</param>
/// <param name="Orders">Fields by which one may order, with their expressions.</param>
internal sealed record AraTable<T>(string Columns, string From, Func<NpgsqlDataReader, T> Read, string Standard, IReadOnlyDictionary<string, string> Orders)
{
    /// <summary>The next row; null when there is none.</summary>
    public T? One(NpgsqlDataReader reader) => reader.Read() ? Read(reader) : default;

    /// <summary>Orders by columns of the same name, and by duration where a row has one.</summary>
    public static Dictionary<string, string> OrderFields(params ReadOnlySpan<string> names)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            fields[name] = name == "duration" ? "(x.ended - x.started)" : $"x.{name}";
        }

        return fields;
    }
}
