using System.Globalization;
using System.Text;

namespace Osism.Daemon.Ara.Wire;

/// <summary>A page of a list and the addresses of its neighbours.</summary>
/// <param name="Limit">Rows at most; there is no maximum.</param>
/// <param name="Offset">Rows before it.</param>
internal sealed record AraPage(long Limit, long Offset)
{
    private const long Usual = 100;

    public static AraPage Of(IQueryCollection query) => new(
        Number(query["limit"]) is > 0 and var limit ? limit : Usual,
        Number(query["offset"]) ?? 0);

    public string? Next(HttpRequest request, long count) => Offset + Limit >= count ? null : Address(request, Offset + Limit);

    public string? Previous(HttpRequest request) => Offset <= 0 ? null : Address(request, Math.Max(0, Offset - Limit));

    /// <summary>Scheme and host as the caller knows them.</summary>
    public static string Root(HttpRequest request) => $"{request.Scheme}://{request.Host.Value}";

    private string Address(HttpRequest request, long offset)
    {
        var parameters = new SortedDictionary<string, IEnumerable<string>>(StringComparer.Ordinal);
        foreach (var (name, values) in request.Query)
        {
            parameters[name] = values.Select(value => value ?? "");
        }

        parameters["limit"] = [Limit.ToString(CultureInfo.InvariantCulture)];
        parameters.Remove("offset");
        if (offset > 0)
        {
            parameters["offset"] = [offset.ToString(CultureInfo.InvariantCulture)];
        }

        var text = new StringBuilder(Root(request)).Append(request.Path).Append('?');
        text.AppendJoin('&', parameters.SelectMany(parameter => parameter.Value, (parameter, value) => $"{Quote(parameter.Key)}={Quote(value)}"));
        return text.ToString();
    }

    private static string Quote(string text) => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number) && number <= int.MaxValue ? number : null;
}
