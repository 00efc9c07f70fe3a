using Osism.Cli.Api;
using Osism.Contracts;

namespace Osism.Cli.Collections;

/// <summary>Runs as people name them.</summary>
internal static class RunIds
{
    private const int ShortestPrefix = 4;

    /// <summary>The run that is meant: a whole id, a beginning that only one of the latest runs has, or the name of a collection, whose latest run it is.</summary>
    /// <exception cref="ProblemException">There is none (<c>collection.run_not_found</c>), or several (<c>request.invalid</c>).</exception>
    public static Guid Resolve(CliContext cli, string text, CancellationToken cancellationToken)
    {
        if (Guid.TryParseExact(text, "D", out var id) || Guid.TryParseExact(text, "N", out id))
            return id;
        var named = cli.Api.GetList($"{ApiRoutes.CollectionRuns}?limit=1&name={Uri.EscapeDataString(text)}", CollectionJson.ReadRun, cancellationToken);
        if (named.Count > 0)
            return named[0].Id;
        return FindByPrefix(cli, text, cancellationToken)
            ?? throw new ProblemException(ErrorCodes.CollectionRunNotFound, $"there is no run '{text}'; 'osism collection status' shows the latest");
    }

    /// <summary>The one of the latest runs whose id begins so; null when none does.</summary>
    /// <exception cref="ProblemException">Several do (<c>request.invalid</c>).</exception>
    public static Guid? FindByPrefix(CliContext cli, string text, CancellationToken cancellationToken)
    {
        if (text.Length < ShortestPrefix)
            return null;
        var found = cli.Api.GetList(ApiRoutes.CollectionRuns, CollectionJson.ReadRun, cancellationToken)
            .Where(run => run.Id.ToString().StartsWith(text, StringComparison.OrdinalIgnoreCase)).ToList();
        return found.Count switch
        {
            0 => null,
            1 => found[0].Id,
            _ => throw new ProblemException(ErrorCodes.RequestInvalid, $"{found.Count} runs begin with {text}: {string.Join(", ", found.Take(3).Select(run => run.Id))}"),
        };
    }
}
