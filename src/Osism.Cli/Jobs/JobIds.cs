using Osism.Cli.Api;
using Osism.Contracts;

namespace Osism.Cli.Jobs;

/// <summary>Ids of jobs as people type them.</summary>
internal static class JobIds
{
    /// <summary>Shortest beginning of an id that is looked up.</summary>
    private const int ShortestPrefix = 4;

    /// <summary>The job that is meant: a whole id, or a beginning that only one job among the live ones and the last 50 has.</summary>
    /// <exception cref="ProblemException">It is no id (<c>request.invalid</c>), no job begins so (<c>job.not_found</c>), or several do
    /// (<c>request.invalid</c>).</exception>
    public static Guid Resolve(CliContext cli, string text, CancellationToken cancellationToken)
    {
        if (Guid.TryParseExact(text, "D", out var id) || Guid.TryParseExact(text, "N", out id))
            return id;
        if (text.Length < ShortestPrefix || !text.All(letter => char.IsAsciiHexDigit(letter) || letter == '-'))
            throw new ProblemException(ErrorCodes.RequestInvalid, $"'{text}' is no job id; 'osism task list' shows them");

        var jobs = cli.Api.GetList(ApiRoutes.Jobs, JobJson.Read, cancellationToken);
        var found = jobs.Where(job => job.Id.ToString().StartsWith(text, StringComparison.OrdinalIgnoreCase)).ToList();
        return found.Count switch
        {
            1 => found[0].Id,
            0 => throw new ProblemException(ErrorCodes.JobNotFound, $"no job among the live and the latest ones begins with {text}; older ones need the whole id"),
            _ => throw new ProblemException(
                ErrorCodes.RequestInvalid, $"{found.Count} jobs begin with {text}: {string.Join(", ", found.Take(3).Select(job => job.Id))}{(found.Count > 3 ? ", ..." : "")}"),
        };
    }

    /// <summary>See <see cref="Resolve"/>; the first that is wrong ends it.</summary>
    public static List<Guid> ResolveAll(CliContext cli, IEnumerable<string> texts, CancellationToken cancellationToken)
    {
        var ids = new List<Guid>();
        foreach (var text in texts)
            ids.Add(Resolve(cli, text, cancellationToken));
        return ids;
    }
}
