using Npgsql;

namespace Osism.Daemon.Ara.Writing;

/// <summary>The columns a PATCH sets: those that were given.</summary>
internal sealed class Changes
{
    private readonly List<string> _columns = [];
    private readonly List<Func<NpgsqlParameter>> _parameters;

    /// <param name="parameters">Those the statement has besides, from <c>$1</c>.</param>
    public Changes(params Func<NpgsqlParameter>[] parameters) => _parameters = [.. parameters];

    public int Count => _columns.Count;

    /// <summary><c>set a = $3, b = $4</c></summary>
    public string Set => $"set {string.Join(", ", _columns)}";

    public void Add(bool isGiven, string column, Func<NpgsqlParameter> value)
    {
        if (isGiven)
        {
            _parameters.Add(value);
            _columns.Add($"{column} = ${_parameters.Count}");
        }
    }

    public void Add(string expression) => _columns.Add(expression);

    public NpgsqlBatchCommand Command(string text)
    {
        var command = new NpgsqlBatchCommand(text);
        foreach (var parameter in _parameters)
        {
            command.Parameters.Add(parameter());
        }

        return command;
    }
}
