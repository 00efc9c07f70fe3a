using Osism.Testing;

namespace Osism.SystemTests.Scripts;

/// <summary><c>./run</c>: the first thing anybody sees.</summary>
public sealed class RunScriptTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    // Tests of several checkouts may run on one machine.
    private static readonly string Network = $"198.19.{Environment.ProcessId % 256}";
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _folder = new();

    private string Home => _folder["home"];

    private Testing.Cli Cli => new(Home);

    public async ValueTask DisposeAsync()
    {
        await Script("clean").RunAsync(CancellationToken.None);
        _folder.Dispose();
    }

    [Fact]
    public async Task It_brings_a_manager_that_has_run_ping_and_facts_and_the_second_time_changes_nothing()
    {
        var first = await Script().MustAsync(_token);
        var jobs = await TasksAsync();
        var second = await Script().MustAsync(_token);

        Assert.Matches(@"node-2\S* +: \S*ok=1", first.Text);
        Assert.Contains("./osism apply hello", first.Text, StringComparison.Ordinal);
        Assert.Contains("role: ping", jobs, StringComparison.Ordinal);
        Assert.Contains("role: facts", jobs, StringComparison.Ordinal);
        Assert.DoesNotContain("PLAY", second.Text, StringComparison.Ordinal);
        Assert.Equal(jobs, await TasksAsync());
    }

    [Fact]
    public async Task Stop_ends_everything_and_clean_removes_it()
    {
        await Script().MustAsync(_token);
        var pod = await File.ReadAllTextAsync(Path.Combine(Home, "pod", "environments", "secrets.yml"), _token);

        await Script("stop").MustAsync(_token);
        await NothingLivesAsync();
        Assert.False(Directory.Exists($"/sys/class/net/osmx{Environment.ProcessId % 256}br"));
        Assert.Equal(12, (await Cli.RunAsync(_token, "status")).ExitCode);

        await Script().MustAsync(_token);
        Assert.Equal(pod, await File.ReadAllTextAsync(Path.Combine(Home, "pod", "environments", "secrets.yml"), _token));
        Assert.Equal(0, (await Cli.RunAsync(_token, "apply", "ping")).ExitCode);

        await Script("clean").MustAsync(_token);
        Assert.False(Directory.Exists(Home));
        await NothingLivesAsync();
    }

    [Fact]
    public async Task A_folder_it_did_not_make_is_neither_used_nor_removed()
    {
        Directory.CreateDirectory(Home);
        await File.WriteAllTextAsync(Path.Combine(Home, "precious"), "", _token);

        var run = await Script().RunAsync(_token);
        await Script("clean").MustAsync(_token);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("did not make", run.Errors, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Home, "precious")));
    }

    /// <summary>A process that was told to end may take its last steps after the script has come back.</summary>
    private Task NothingLivesAsync() => Eventually.TrueAsync($"nothing that names {Home} lives", () => Signals.Naming(Home).Count == 0, Bounds.Long, _token);

    private async Task<string> TasksAsync() => (await Cli.MustAsync(_token, "task", "list", "--all", "--format", "yaml")).Text;

    private Command Script(params string[] words) => new(Checkout.PathOf("run"))
    {
        Arguments = words,
        Timeout = Limit,
        Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["OSISM_HOME"] = Home,
            ["OSISM_NETWORK"] = $"{Network}.0/24",
            ["HOME"] = _folder.Path,
        },
    };
}
