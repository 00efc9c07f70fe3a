using System.CommandLine;
using System.Text;
using System.Text.Json;
using Osism.Cli.Formats;

namespace Osism.Cli.Ara;

/// <summary>The filters of a listing as options of a command, and what they ask of the manager.</summary>
internal sealed class AraQuery
{
    private const string Api = "/api/v1";

    private readonly AraKind _kind;
    private readonly List<(AraFilter Filter, Option Option)> _filters = [];
    private readonly Option<string> _order;
    private readonly Option<int> _limit;

    public AraQuery(Command command, AraKind kind, string order, int limit)
    {
        _kind = kind;
        foreach (var filter in kind.Filters)
        {
            Option option = filter.Value is null
                ? new Option<string>(filter.Option) { Description = filter.Help, HelpName = "VALUE" }
                : new Option<bool>(filter.Option) { Description = filter.Help };
            // ARA spells some with a low line; both are understood.
            if (filter.Option.Contains('_', StringComparison.Ordinal))
                option.Aliases.Add(filter.Option.Replace('_', '-'));
            _filters.Add((filter, option));
            command.Add(option);
        }

        _order = new Option<string>("--order") { Description = $"Field to order by, with '-' before it for the other way round. Default: {order}", HelpName = "FIELD", DefaultValueFactory = _ => order };
        _limit = new Option<int>("--limit") { Description = $"Most rows. Default: {limit}", HelpName = "N", DefaultValueFactory = _ => limit };
        command.Add(_order);
        command.Add(_limit);
    }

    /// <summary>The option that asks for a format, also by the letter that ARA has for it.</summary>
    public static Option<string> FormatOption()
    {
        var format = Listing.FormatOption();
        format.Aliases.Add("-f");
        return format;
    }

    public static string Path(string plural, string id) => $"{Api}/{plural}/{Uri.EscapeDataString(id)}";

    /// <summary>The rows that were asked for.</summary>
    /// <param name="plural">Whose; null = of the kind.</param>
    /// <param name="more">A further condition.</param>
    public JsonElement[] Read(CliContext cli, ParseResult parsed, string? plural = null, string more = "")
    {
        var query = new StringBuilder($"order={Uri.EscapeDataString(parsed.GetValue(_order)!)}&limit={parsed.GetValue(_limit)}{more}");
        foreach (var (filter, option) in _filters)
        {
            var value = option is Option<bool> flag ? parsed.GetValue(flag) ? filter.Value : null : parsed.GetValue((Option<string>)option);
            if (value is not null)
                query.Append('&').Append(filter.Query).Append(Uri.EscapeDataString(value));
        }

        return Read(cli, plural ?? _kind.Plural, query.ToString());
    }

    public static JsonElement[] Read(CliContext cli, string plural, string query)
    {
        // Not disposed: its elements live until they are written.
        var page = JsonDocument.Parse(cli.Api.GetBytes($"{Api}/{plural}?{query}", cli.Interrupts.Leave)).RootElement;
        return Listing.Items(page, "results");
    }
}
