using System.Globalization;
using Osism.Contracts;
using Osism.Daemon.Platform;

namespace Osism.Daemon.Recording.Reading.Search;

/// <summary>What is looked for.</summary>
/// <param name="Text">At least one character.</param>
/// <param name="Job">Only in this job; null = in all.</param>
/// <param name="Output">Whether output is searched.</param>
/// <param name="Events">Whether the events are: results, items, facts.</param>
internal sealed record SearchQuery(string Text, bool IgnoreCase, Guid? Job, bool Output, bool Events, int Limit)
{
    /// <summary>0 output, 1 events: what is searched first in each job.</summary>
    public IEnumerable<short> Streams
    {
        get
        {
            if (Output)
            {
                yield return 0;
            }

            if (Events)
            {
                yield return 1;
            }
        }
    }
}

/// <summary>Where a search over several requests stands.</summary>
/// <param name="Job">The job that is searched next; null = the newest.</param>
internal sealed record SearchCursor(Guid? Job, short Stream, ScanPlace Place)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Job:N}.{Stream}.{Place.Offset}.{Place.Line}.{(Place.IsMatched ? 1 : 0)}");

    /// <exception cref="OsismException">It is none (<c>request.invalid</c>).</exception>
    public static SearchCursor Parse(string text) =>
        text.Split('.') is [var job, var stream, var offset, var line, "0" or "1"] parts
        && Guid.TryParseExact(job, "N", out var id) && short.TryParse(stream, NumberStyles.None, CultureInfo.InvariantCulture, out var kind)
        && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new SearchCursor(id, kind, new ScanPlace(at, number, parts[4] == "1"))
            : throw new OsismException(ErrorCodes.RequestInvalid, $"{ApiRoutes.CursorParameter} is not the next of a page of this search");
}
