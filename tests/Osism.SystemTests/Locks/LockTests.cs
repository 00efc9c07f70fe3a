using System.Text.Json;
using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Locks;

/// <summary><c>osism lock</c> and <c>osism unlock</c> against a manager that works: what is refused, what waits, and that nothing is lost by it.</summary>
[Collection(Collections.Site)]
public sealed class LockTests(SiteFixture site)
{
    private static readonly string[] Scope = ["--environment", "custom", "--role", "hold"];
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task New_jobs_are_refused_by_the_holders_name_and_a_queued_one_goes_on_after_unlock()
    {
        var run = site.Hold();
        var chain = await site.Daemon.SubmitChainAsync(_token, ["hold//hold", .. run.Arguments]);
        await run.BeganAsync(_token);
        await site.Cli.MustAsync(_token, ["lock", .. Scope, "--user", "ada", "--reason", "new cables"]);
        try
        {
            run.Go();
            Assert.Equal(JobState.Succeeded, (await site.Daemon.EndAsync(chain[0], _token)).State);

            // What ran went on; what comes after it waits, and says for whom.
            var waiting = await site.Daemon.JobAsync(chain[1], _token);
            Assert.Equal(JobState.Queued, waiting.State);
            Assert.Contains(waiting.WaitingFor, one => one.Kind == "lock" && one.Holder!.StartsWith("ada", StringComparison.Ordinal));
            var shown = await site.Cli.MustAsync(_token, "task", "show", $"{chain[1]}");
            Assert.Contains("ada", shown.Text, StringComparison.Ordinal);

            var refused = await site.Cli.RunAsync(_token, ["apply", "hold", .. run.Arguments]);
            Assert.Equal(ExitCode.Locked, refused.ExitCode);
            Assert.StartsWith("error: lock.held: ", refused.Errors, StringComparison.Ordinal);
            Assert.Contains("ada", refused.Errors, StringComparison.Ordinal);
            Assert.Contains("new cables", refused.Errors, StringComparison.Ordinal);
            var second = await site.Cli.RunAsync(_token, ["lock", .. Scope, "--user", "bob"]);
            Assert.Equal((ExitCode.Locked, true), (second.ExitCode, second.Errors.Contains("ada", StringComparison.Ordinal)));
            Assert.Equal(ExitCode.Locked, (await site.Cli.RunAsync(_token, ["lock", "status", "--check", .. Scope])).ExitCode);

            var explained = await site.Cli.MustAsync(_token, ["apply", "hold", "--explain", .. run.Arguments]);
            Assert.Contains("environment/custom/role/hold, HELD by ada: new cables", explained.Text, StringComparison.Ordinal);

            // Another role of the same environment is no concern of it.
            Assert.Equal(0, (await site.Cli.RunAsync(_token, ["apply", "-r", "1", "second-time", .. run.Arguments])).ExitCode);
        }
        finally
        {
            await site.Cli.MustAsync(CancellationToken.None, ["unlock", .. Scope]);
        }

        Assert.Equal(JobState.Succeeded, (await site.Daemon.EndAsync(chain[1], _token)).State);
        Assert.Equal(0, (await site.Cli.RunAsync(_token, ["lock", "status", "--check", .. Scope])).ExitCode);
        Assert.Equal(0, (await site.Cli.RunAsync(_token, ["apply", "hold", .. run.Arguments])).ExitCode);
    }

    [Fact]
    public async Task A_lock_with_an_end_lets_a_queued_job_go_by_itself()
    {
        var run = site.Hold();
        var chain = await site.Daemon.SubmitChainAsync(_token, ["hold//hold", .. run.Arguments]);
        await run.BeganAsync(_token);

        await site.Cli.MustAsync(_token, ["lock", .. Scope, "--until", "4s"]);
        run.Go();

        Assert.Equal(JobState.Succeeded, (await site.Daemon.EndAsync(chain[1], _token)).State);
        Assert.Equal(0, (await site.Cli.RunAsync(_token, ["lock", "status", "--check", .. Scope])).ExitCode);
    }

    [Fact]
    public async Task A_lock_on_hosts_holds_what_may_change_them_and_nothing_else()
    {
        await site.Cli.MustAsync(_token, "lock", "--hosts", "node-0", "--reason", "new disk");
        try
        {
            foreach (var arguments in new[] { new[] { "apply", "ping" }, ["apply", "ping", "-l", "node-0"], ["apply", "ping", "-l", "node-0,node-1"] })
            {
                var refused = await site.Cli.RunAsync(_token, arguments);
                Assert.True(refused.ExitCode == ExitCode.Locked, $"{string.Join(' ', arguments)}: {refused.ExitCode} {refused.Errors}");
                Assert.Contains("new disk", refused.Errors, StringComparison.Ordinal);
            }

            Assert.Equal(0, (await site.Cli.RunAsync(_token, "apply", "ping", "-l", "node-1")).ExitCode);
        }
        finally
        {
            await site.Cli.MustAsync(CancellationToken.None, "unlock", "--hosts", "node-0");
        }
    }

    [Fact]
    public async Task Nodes_of_a_collection_are_held_by_a_lock_on_hosts_like_any_run()
    {
        var run = site.Hold();
        const string Name = "environments/collections.yml";
        await site.Pod.WriteAsync(Name, $$"""
            collections:
              pair:
                nodes:
                  first: {role: hold, arguments: [-e, trace={{run.Name}}, -e, marks={{run.Folder}}]}
                  second: {role: ping, arguments: [-l, node-0], after: [first]}
            """, _token);
        try
        {
            await site.Cli.MustAsync(_token, "lock", "--hosts", "node-0", "--user", "ada");
            var refused = await site.Cli.RunAsync(_token, "apply", "pair");
            Assert.True(refused.ExitCode == ExitCode.Locked, refused.Errors);
            Assert.Contains("ada", refused.Errors, StringComparison.Ordinal);
            await site.Cli.MustAsync(_token, "unlock", "--hosts", "node-0");

            await site.Cli.MustAsync(_token, "apply", "pair", "--no-wait");
            await run.BeganAsync(_token);
            await site.Cli.MustAsync(_token, "lock", "--hosts", "node-0", "--user", "ada");
            run.Go();
            var second = await Eventually.SomeAsync(
                "the second node waits for the lock alone",
                async token => (await site.Daemon.GetAsync($"{ApiRoutes.Jobs}?role=ping&limit=1", OsismJson.Default.PageJobInfo, token)).Items
                    .FirstOrDefault(job => job is { State: JobState.Queued, WaitingFor: [{ Kind: "lock" }] }),
                Bounds.Long, _token);
            await site.Cli.MustAsync(_token, "unlock", "--hosts", "node-0");
            Assert.Equal(JobState.Succeeded, (await site.Daemon.EndAsync(second.Id, _token)).State);
        }
        finally
        {
            await site.Cli.RunAsync(CancellationToken.None, "unlock", "--hosts", "node-0");
            File.Delete(site.Pod.PathOf(Name));
        }
    }

    [Fact]
    public async Task A_lock_file_of_the_repository_is_listed_with_the_others_and_gone_with_the_file()
    {
        const string Name = "environments/custom/.lock";
        await site.Pod.WriteAsync(Name, "until the switches are there\n", _token);
        try
        {
            using var status = JsonDocument.Parse((await site.Cli.MustAsync(_token, "lock", "status", "--format", "json")).Text);
            Assert.True(status.RootElement.GetProperty("locked").GetBoolean());
            var held = Assert.Single(status.RootElement.GetProperty("locks").EnumerateArray());
            Assert.Equal("repository", held.GetProperty("source").GetString());
            Assert.Equal("until the switches are there", held.GetProperty("reason").GetString());
            var refused = await site.Cli.RunAsync(_token, "apply", "hold");
            Assert.Equal((ExitCode.Locked, true), (refused.ExitCode, refused.Errors.Contains("until the switches", StringComparison.Ordinal)));
        }
        finally
        {
            File.Delete(site.Pod.PathOf(Name));
        }

        Assert.Equal(0, (await site.Cli.RunAsync(_token, "lock", "status", "--check")).ExitCode);
    }
}
