using System.Text;
using System.Text.Json;
using Osism.Cli.Formats;
using Osism.Cli.Jobs;
using YamlDotNet.RepresentationModel;

namespace Osism.Tests.Cli;

/// <summary>Listings in the forms people and programs read.</summary>
public sealed class FormatTests
{
    private static readonly Column[] Columns =
    [
        new("ID", row => row[0].GetString(), Fixed: true),
        new("Proof at", row => row[1].GetString(), Colour: row => row[1].GetString() == "bad" ? Colour.Red : Colour.None),
    ];

    [Fact]
    public void A_table_is_aligned_and_takes_the_room_it_needs() => Assert.Equal(
        """
        +-----+-----------+
        | ID  | Proof at  |
        |-----+-----------|
        | 1   | short     |
        | 222 | a bit öng |
        | 3   | 日本      |
        +-----+-----------+

        """,
        Table(null, ["1", "short"], ["222", "a bit öng"], ["3", "日本"]));

    [Fact]
    public void An_empty_table_has_its_head() => Assert.Equal(
        """
        +----+----------+
        | ID | Proof at |
        |----+----------|
        +----+----------+

        """,
        Table(null));

    [Fact]
    public void On_a_screen_what_may_be_cut_is_cut_and_ids_are_not() => Assert.Equal(
        """
        +------------+-----------+
        | ID         | Proof at  |
        |------------+-----------|
        | 0123456789 | a long t… |
        | 1          | ok        |
        +------------+-----------+

        """,
        Table(26, ["0123456789", "a long text that does not fit"], ["1", "ok"]));

    [Fact]
    public void A_column_that_says_nothing_makes_room_where_there_is_none_to_spare()
    {
        string[][] rows = [["", "a long text that does not fit"]];

        Assert.Contains("| a long text that … |", Table(22, rows), StringComparison.Ordinal);
        Assert.DoesNotContain(Columns[0].Title, Table(22, rows), StringComparison.Ordinal);
        Assert.Contains(Columns[0].Title, Table(null, rows), StringComparison.Ordinal);
    }

    [Fact]
    public void What_one_can_do_without_goes_before_anything_is_cut()
    {
        Column[] columns = [.. Columns, new("Spare", row => row[0].GetString(), Spare: true)];
        var rows = Rows(["1", "all of it"]);

        Assert.Contains("Spare", TableFormat.Write(columns, rows, 26, colours: false), StringComparison.Ordinal);
        var narrow = TableFormat.Write(columns, rows, 25, colours: false);
        Assert.DoesNotContain("Spare", narrow, StringComparison.Ordinal);
        Assert.Contains("| 1  | all of it |", narrow, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cell_stays_one_line_and_sends_nothing_to_the_terminal() =>
        Assert.Contains("| a\\nb\\x1b[31m\\tc |", Table(null, ["1", "a\nb\e[31m\tc"]), StringComparison.Ordinal);

    [Fact]
    public void Colours_change_nothing_but_colours()
    {
        var plain = TableFormat.Write(Columns, Rows(["1", "bad"], ["2", "good"]), null, colours: false);
        var coloured = TableFormat.Write(Columns, Rows(["1", "bad"], ["2", "good"]), null, colours: true);

        Assert.Contains("| \e[31mbad\e[0m ", coloured, StringComparison.Ordinal);
        Assert.Equal(plain, Encoding.UTF8.GetString(new EscapeFilter().Take(Encoding.UTF8.GetBytes(coloured))));
    }

    [Fact]
    public void Csv_quotes_what_must_be_quoted_and_ends_lines_as_the_standard_says() => Assert.Equal(
        "id,proof_at\r\n1,plain\r\n\"a,b\",\"say \"\"hi\"\"\"\r\n,\"x\ny\"\r\n",
        CsvFormat.Write(Columns, Rows(["1", "plain"], ["a,b", "say \"hi\""], ["", "x\ny"])));

    [Fact]
    public void Json_is_indented_and_keeps_fields_nobody_knows() => Assert.Equal(
        """
        [
          {
            "id": 1,
            "new_field": [
              1.50,
              "ö<b>"
            ]
          }
        ]

        """,
        JsonFormat.Write([JsonElement("""{"id":1,"new_field":[1.50,"\u00f6<b>"]}""")]));

    [Fact]
    public void An_empty_list_is_a_list_in_every_format()
    {
        Assert.Equal("[]\n", JsonFormat.Write([]));
        Assert.Equal("[]\n", YamlFormat.Write([]));
        Assert.Equal("id,proof_at\r\n", CsvFormat.Write(Columns, []));
    }

    [Fact]
    public void Yaml_is_in_block_style() => Assert.Equal(
        """
        - id: "0198"
          hosts:
            ok: 1
            names:
              - a
              - "b: c"
          none: null
          empty: []
          nothing: {}
        - plain text

        """,
        YamlFormat.Write([
            JsonElement("""{"id":"0198","hosts":{"ok":1,"names":["a","b: c"]},"none":null,"empty":[],"nothing":{}}"""),
            JsonElement("\"plain text\"")]));

    [Theory]
    [InlineData("")]
    [InlineData("true")]
    [InlineData("No")]
    [InlineData("null")]
    [InlineData("~")]
    [InlineData("1.5")]
    [InlineData("1e3")]
    [InlineData("0x1f")]
    [InlineData("2026-01-02")]
    [InlineData("12:30:45")]
    [InlineData("- a")]
    [InlineData("a: b")]
    [InlineData("a:")]
    [InlineData("a #b")]
    [InlineData("#a")]
    [InlineData("&a")]
    [InlineData("*a")]
    [InlineData("{a}")]
    [InlineData("[a]")]
    [InlineData("a\nb\r\n\tc")]
    [InlineData(" a ")]
    [InlineData("a ")]
    [InlineData("'\"\\")]
    [InlineData("\u0001\u0085\u2028é日")]
    [InlineData("---")]
    [InlineData("...")]
    [InlineData("!tag")]
    [InlineData("%a")]
    [InlineData("@a")]
    [InlineData("`a`")]
    [InlineData("|")]
    [InlineData(">")]
    [InlineData("?")]
    [InlineData("/opt/configuration (a, b)")]
    [InlineData("a=b@c+d.e/f:g")]
    public void Every_text_comes_back_from_yaml_as_it_was(string text)
    {
        var json = JsonElement(JsonSerializer.Serialize(new Dictionary<string, string[]>(StringComparer.Ordinal) { [text + "k"] = [text] }));
        var yaml = new YamlStream();
        yaml.Load(new StringReader(YamlFormat.Write([json])));

        var map = (YamlMappingNode)((YamlSequenceNode)yaml.Documents[0].RootNode)[0];
        var (key, value) = Assert.Single(map.Children);
        Assert.Equal(text + "k", ((YamlScalarNode)key).Value);
        var scalar = (YamlScalarNode)((YamlSequenceNode)value)[0];
        Assert.Equal(text, scalar.Value);
        if (text is "true" or "No" or "null" or "~" or "1.5" or "1e3" or "0x1f" or "2026-01-02" or "12:30:45" or "")
            Assert.Equal(YamlDotNet.Core.ScalarStyle.DoubleQuoted, scalar.Style);
    }

    [Theory]
    [InlineData(0.42, "0.42 s")]
    [InlineData(12.34, "12.3 s")]
    [InlineData(185, "3 m 05 s")]
    [InlineData(7620, "2 h 07 m")]
    [InlineData(200_000, "55 h 33 m")]
    [InlineData(-1, "0.00 s")]
    public void Durations_are_as_exact_as_they_are_of_use(double seconds, string text) =>
        Assert.Equal(text, Times.Duration(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Times_are_local() => Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", Times.Local(DateTimeOffset.UnixEpoch));

    [Fact]
    public void Control_sequences_are_taken_out_wherever_they_are_cut()
    {
        var bytes = Encoding.UTF8.GetBytes("a\e[1;31mb\e[0m\e]0;title\ac\e]8;;http://x\e\\d\e(Be\e7fö\e[38;2;1;2;3mg\r\n");
        foreach (var cut in Enumerable.Range(0, bytes.Length))
        {
            var filter = new EscapeFilter();
            byte[] kept = [.. filter.Take(bytes.AsSpan(0, cut)).ToArray(), .. filter.Take(bytes.AsSpan(cut)).ToArray()];
            Assert.Equal("abcdefög\r\n", Encoding.UTF8.GetString(kept));
        }
    }

    private static string Table(int? width, params string[][] rows) => TableFormat.Write(Columns, Rows(rows), width, colours: false);

    private static JsonElement[] Rows(params string[][] rows) => [.. rows.Select(row => JsonElement(JsonSerializer.Serialize(row)))];

    private static JsonElement JsonElement(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
