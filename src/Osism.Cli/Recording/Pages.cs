using System.Text.Json;
using Osism.Cli.Api;
using Osism.Contracts;

namespace Osism.Cli.Recording;

/// <summary>Reads lists page by page. A page may hold nothing and still have a next one: one request takes a bounded time.</summary>
internal static class Pages
{
    /// <summary>Rows the manager gives at once at most.</summary>
    public const int Largest = 1000;

    /// <param name="path">With at least one parameter.</param>
    /// <param name="limit">Rows to stop at; null = all.</param>
    /// <param name="each">Told of each page, with the number of rows so far.</param>
    /// <returns>The rows, and whether there are more.</returns>
    /// <exception cref="ProblemException">The manager refused, or is away.</exception>
    public static (List<JsonElement> Rows, bool More) Read(
        CliContext cli, string path, int? limit, Action<JsonElement, int>? each, CancellationToken cancellationToken)
    {
        var rows = new List<JsonElement>();
        string? next = null;
        do
        {
            var most = limit is { } wanted ? Math.Min(Largest, wanted - rows.Count) : Largest;
            // Not disposed: its elements live until they are written.
            var page = JsonDocument.Parse(cli.Api.GetBytes(
                $"{path}&limit={most}{(next is null ? "" : $"&{ApiRoutes.CursorParameter}={Uri.EscapeDataString(next)}")}", cancellationToken)).RootElement;
            foreach (var item in page.GetProperty("items").EnumerateArray())
                rows.Add(item);
            next = page.TextOrNull("next");
            each?.Invoke(page, rows.Count);
        }
        while (next is not null && (limit is null || rows.Count < limit));
        cli.Talk.ClearStatus();
        return (rows, next is not null);
    }
}
