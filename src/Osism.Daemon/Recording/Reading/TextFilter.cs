using Osism.Daemon.Recording.Bodies;
using Osism.Daemon.Recording.Reading.Search;

namespace Osism.Daemon.Recording.Reading;

/// <summary>Keeps the rows whose body holds a text.</summary>
internal sealed class TextFilter(BodyReader bodies, string text)
{
    private readonly Needle _plain = Needle.Of(text, ignoreCase: true);
    private readonly Needle[] _escaped = [.. Needle.InJson(text, ignoreCase: true)];

    public async Task<List<ResultRow>> KeepAsync(List<ResultRow> rows, ResultNames names, CancellationToken cancellationToken)
    {
        var lines = await bodies.ReadAsync([.. rows.Select(names.Body)], cancellationToken);
        return [.. rows.Where((row, at) => Holds(lines[at]) || (row.Msg is { } msg && msg.Contains(text, StringComparison.OrdinalIgnoreCase)))];
    }

    private bool Holds(byte[] line) => line.Length > 0 && (_plain.IndexIn(line) >= 0 || Array.Exists(_escaped, needle => needle.IndexIn(line) >= 0));
}
