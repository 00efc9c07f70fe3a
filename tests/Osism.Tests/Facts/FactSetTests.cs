using System.Text;
using Osism.Daemon.Facts;

namespace Osism.Tests.Facts;

/// <summary>What is known after facts came in, in whatever order and form.</summary>
public sealed class FactSetTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_order_in_which_documents_come_in_does_not_matter()
    {
        FactSet[] seen =
        [
            Read(1, """{"a": 1, "b": [1, 2], "gather_subset": ["all"]}"""),
            Read(2, """{"a": 2}"""),
            Read(3, """{"a": 3, "c": {"x": 1}, "gather_subset": ["all"]}"""),
            Read(4, """{"d": null}"""),
            Read(5, """{"c": {"x": 2}, "gather_subset": ["!all"]}"""),
        ];

        string[] ends = [.. Permutations(seen).Select(order => Text(order.Aggregate(FactSet.Empty, (known, one) => known.With(one).Now)))];

        Assert.Single(ends.Distinct(StringComparer.Ordinal));
        Assert.Equal("""a=3@3 c={"x": 2}@5 d=null@4 gather_subset=["!all"]@5 5 3""", ends[0]);
    }

    [Fact]
    public void The_same_document_again_changes_nothing_and_replaces_nothing()
    {
        var seen = Read(1, """{"a": 1}""");
        var (known, _) = FactSet.Empty.With(seen);

        var (again, replaced) = known.With(seen);

        Assert.Empty(replaced);
        Assert.Equal(Text(known), Text(again));
    }

    [Fact]
    public void A_value_that_stays_keeps_the_time_of_its_change_and_one_that_goes_is_replaced()
    {
        var (known, _) = FactSet.Empty.With(Read(1, """{"a": 1, "b": 1, "gone": true}"""));

        var (now, replaced) = known.With(Read(2, """{"a": 1, "b": 2, "gather_subset": ["all"]}"""));

        Assert.Equal([Start.AddSeconds(1), Start.AddSeconds(2), Start.AddSeconds(2)], now.Facts.Select(fact => fact.ChangedAt));
        Assert.Equal(["b", "gone"], replaced.Select(old => old.Old.Name));
        Assert.All(replaced, old => Assert.Equal(Start.AddSeconds(2), old.Until));
    }

    [Theory]
    [InlineData("""{"a": NaN, "b": [Infinity, -Infinity, "NaN \" Infinity"]}""", """a=null b=[null, null, "NaN \" Infinity"]""")]
    [InlineData("""{"a": "x\u0000y", "b\u0000": 1, "c": "\ud800"}""", """a="x\u0000y" b�=1 c="\ud800" """)]
    [InlineData("""{"a": 1, "a": 2}""", "a=2")]
    [InlineData("{}", "")]
    public void What_Python_calls_JSON_is_put_up_with(string document, string facts) =>
        Assert.Equal(facts.Trim(), string.Join(' ', Read(1, document).Facts.Select(fact => $"{fact.Name}={Encoding.UTF8.GetString(fact.Value.Span)}")));

    [Theory]
    [InlineData("")]
    [InlineData("[1]")]
    [InlineData("{\"a\": ")]
    [InlineData("\"text\"")]
    [InlineData("{\"a\": 1} x")]
    public void What_is_no_object_is_none(string document) => Assert.Null(FactSet.Read(Encoding.UTF8.GetBytes(document), Start, null));

    [Fact]
    public void Bytes_that_are_no_UTF8_cost_only_themselves()
    {
        byte[] document = [.. "{\"a\": \""u8, 0xff, .. "\", \"b\": 1}"u8];

        Assert.Equal(["\"�\"", "1"], FactSet.Read(document, Start, null)!.Facts.Select(fact => Encoding.UTF8.GetString(fact.Value.Span)));
    }

    private static FactSet Read(int second, string document) => FactSet.Read(Encoding.UTF8.GetBytes(document), Start.AddSeconds(second), null)!;

    private static string Text(FactSet set) => string.Join(' ', (string[])[
        .. set.Facts.OrderBy(fact => fact.Name, StringComparer.Ordinal).Select(fact => $"{fact.Name}={Encoding.UTF8.GetString(fact.Value.Span)}@{(fact.GatheredAt - Start).TotalSeconds}"),
        $"{(set.GatheredAt - Start).TotalSeconds}", $"{(set.CompleteAt - Start)?.TotalSeconds}"]);

    private static IEnumerable<IReadOnlyList<T>> Permutations<T>(T[] items) => items.Length == 0
        ? [[]]
        : Enumerable.Range(0, items.Length).SelectMany(at => Permutations<T>([.. items.Where((_, i) => i != at)]).Select(rest => (IReadOnlyList<T>)[items[at], .. rest]));
}
