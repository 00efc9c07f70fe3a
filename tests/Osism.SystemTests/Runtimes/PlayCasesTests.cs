using System.Text.Json;
using Osism.Testing;

namespace Osism.SystemTests.Runtimes;

/// <summary>Every built-in play keeps its word: the cases of <c>tests/plays</c>, run by its script.</summary>
public sealed class PlayCasesTests
{
    /// <summary>Two hundred runs of plays: three to five minutes of both processors, which others may share.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(20);

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_play_changes_nothing_with_check_does_its_work_and_changes_nothing_the_second_time()
    {
        var run = await new Command(Checkout.PathOf("tests", "plays", "run")) { Arguments = ["--format", "json"], Timeout = Longest }.RunAsync(_token);

        Assert.True(run.ExitCode is 0 or 1 && run.Text.StartsWith('['), $"the script ended with {run.ExitCode}: {run.Text}{run.Errors}");
        var cases = JsonElement.Parse(run.Text).EnumerateArray().ToList();
        Assert.NotEmpty(cases);
        var bad = cases.Where(one => one.GetProperty("problems").GetArrayLength() > 0).Select(Describe).ToList();
        // Assert.Equal would cut what is wrong after fifty letters.
        Assert.True(bad.Count == 0, string.Join('\n', bad));
        Assert.Equal(0, run.ExitCode);
    }

    private static string Describe(JsonElement one) =>
        $"{one.GetProperty("case").GetString()}: {string.Join("; ", one.GetProperty("problems").EnumerateArray().Select(problem => problem.GetString()))}";
}
