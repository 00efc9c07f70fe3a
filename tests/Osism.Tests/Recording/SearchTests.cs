using System.Text;
using Npgsql;
using Osism.Contracts;
using Osism.Contracts.Recording;
using Osism.Daemon.Recording.Reading.Search;
using Osism.Tests.Hosting;

namespace Osism.Tests.Recording;

/// <summary>Finding a text in output and results.</summary>
public sealed class SearchTests(ReadingFixture fixture) : IClassFixture<ReadingFixture>
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly Manager _manager = fixture.Manager;

    [Fact]
    public async Task A_line_of_output_is_found_with_its_number_its_place_and_its_neighbours()
    {
        // The stored pieces are 700 bytes: the line lies across two of them.
        var output = string.Concat(Enumerable.Range(1, 46).Select(line => $"line {line,3} ...\n")) + "fatal: the Needle broke\nnext line\n";
        var run = await new RecordedRun { Output = Encoding.UTF8.GetBytes(output) }.WriteAsync(fixture.Database);

        var page = await SearchAsync($"q=Needle&job={run.Job}");

        var hit = Assert.Single(page.Items);
        Assert.Equal(
            ("output", 47L, (long)output.IndexOf("Needle", StringComparison.Ordinal), "fatal: the Needle broke", "line  46 ...", "next line"),
            (hit.Where, hit.Line, hit.Offset, hit.Text, hit.Before, hit.After));
        Assert.Null(page.Next);
        Assert.Empty((await SearchAsync($"q=needle&job={run.Job}")).Items);
        Assert.Single((await SearchAsync($"q=needle&job={run.Job}&ignore_case=true")).Items);
        Assert.Empty((await SearchAsync($"q=Needle&job={run.Job}&in=results")).Items);
    }

    [Fact]
    public async Task Wherever_a_piece_ends_every_line_is_found_once()
    {
        for (var shift = 0; shift < 12; shift++)
        {
            var output = new string('x', 694 + shift) + "needle and needle again\nneedle\n\nneedle";
            var run = await new RecordedRun { Output = Encoding.UTF8.GetBytes(output) }.WriteAsync(fixture.Database);

            var lines = new List<long>();
            string? next = null;
            do
            {
                // One at a time: the cursor must not lose or repeat a line.
                var page = await SearchAsync($"q=needle&job={run.Job}&limit=1{(next is null ? "" : $"&next={next}")}");
                lines.AddRange(page.Items.Select(hit => hit.Line));
                next = page.Next;
            }
            while (next is not null);

            Assert.Equal([1, 2, 4], lines);
        }
    }

    [Fact]
    public async Task A_result_is_found_by_what_it_returned_and_says_where_it_stands()
    {
        var run = await Runs.SmallAsync(fixture.Database);

        var hit = Assert.Single((await SearchAsync($"q=grüße, say \"hi\"&job={run.Job}")).Items);

        Assert.Equal(("result", "node-0", run.Result(6), "res.stderr", "grüße, say \"hi\""), (hit.Where, hit.Host, hit.Result!.Value, hit.Field, hit.Text));
    }

    [Fact]
    public async Task All_jobs_are_searched_newest_first()
    {
        var word = $"w{Guid.NewGuid():N}";
        var runs = new List<RecordedRun>();
        for (var i = 0; i < 3; i++)
        {
            runs.Add(await new RecordedRun { Output = Encoding.UTF8.GetBytes($"a {word} here\n") }.WriteAsync(fixture.Database));
        }

        var found = new List<Guid>();
        string? next = null;
        do
        {
            var page = await SearchAsync($"q={word}&limit=2{(next is null ? "" : $"&next={next}")}");
            found.AddRange(page.Items.Select(hit => hit.Job));
            next = page.Next;
        }
        while (next is not null);

        Assert.Equal(runs.Select(run => run.Job).Reverse(), found);
    }

    [Theory]
    [InlineData("xxNeEdLe", "needle", 2)]
    [InlineData("xxneedl", "needle", -1)]
    [InlineData("grÜSSE grüße", "GRüßE", 8)]
    [InlineData("Ã¼ ü", "ü", 5)]
    public void Case_is_that_of_ascii_letters(string text, string needle, int at) =>
        Assert.Equal(at, Needle.Of(needle, ignoreCase: true).IndexIn(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void A_needle_is_found_across_the_blocks_of_the_search()
    {
        for (var before = 4080; before < 4100; before++)
        {
            Assert.Equal(before, Needle.Of("Needle", ignoreCase: true).IndexIn(Encoding.ASCII.GetBytes(new string('n', before) + "NEEDLE")));
        }
    }

    [Fact]
    public async Task A_term_that_is_absent_from_100_MB_of_incompressible_output_is_searched_within_bounded_time()
    {
        const int Pieces = 400;
        var run = await new RecordedRun().WriteAsync(fixture.Database);
        await using (var connection = await fixture.Database.OpenConnectionAsync(_token))
        {
            var data = new byte[256 * 1024];
            var random = new Random(4711);
            for (var piece = 0; piece < Pieces; piece++)
            {
                random.NextBytes(data);
                await using var command = new NpgsqlCommand("insert into job_output (job_id, stream, start, data) values ($1, 0, $2, $3)", connection)
                {
                    Parameters = { new() { Value = run.Job }, new() { Value = (long)piece * data.Length }, new() { Value = data } },
                };
                await command.ExecuteNonQueryAsync(_token);
            }
        }

        foreach (var option in new[] { "", "&ignore_case=true" })
        {
            var since = TimeProvider.System.GetTimestamp();
            var (bytes, requests, next) = (0L, 0, (string?)null);
            do
            {
                var page = await SearchAsync($"q=AbsentTerm&job={run.Job}{option}{(next is null ? "" : $"&next={next}")}");
                Assert.Empty(page.Items);
                (bytes, next, requests) = (bytes + page.Bytes, page.Next, requests + 1);
            }
            while (next is not null);

            var elapsed = TimeProvider.System.GetElapsedTime(since);
            TestContext.Current.SendDiagnosticMessage($"100 MB{option}: {elapsed.TotalMilliseconds:0} ms, {requests} requests");
            TestContext.Current.TestOutputHelper?.WriteLine($"100 MB{option}: {elapsed.TotalMilliseconds:0} ms, {requests} requests");
            Assert.True(bytes >= 100_000_000, $"only {bytes} bytes");
            // The goal is 1 s on a machine of its own; here others work beside it.
            Assert.True(elapsed < TimeSpan.FromSeconds(15), $"{elapsed}");
        }
    }

    private Task<SearchPage> SearchAsync(string query) => _manager.GetAsync($"{ApiRoutes.Search}?{query.Replace(" ", "%20", StringComparison.Ordinal)}", OsismJson.Default.SearchPage);
}
