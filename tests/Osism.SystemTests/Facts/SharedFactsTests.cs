using Osism.Contracts;
using Osism.Contracts.Jobs;
using Osism.SystemTests.Lab;
using Osism.Testing;

namespace Osism.SystemTests.Facts;

/// <summary>Two managers that share nothing but the nodes and a Redis.</summary>
[Collection(Collections.Site)]
public sealed class SharedFactsTests(SiteFixture site)
{
    private const string Password = "a-password-of-redis";
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Facts_that_one_gathered_are_used_by_the_other_until_they_are_reset_and_a_lost_Redis_loses_no_run()
    {
        await site.Pod.PlayAsync("knows", """
            ---
            - name: Know the facts without gathering them
              hosts: generic
              gather_facts: false
              tasks:
                - name: Say what is known
                  ansible.builtin.debug:
                    msg: "known={{ ansible_facts.distribution is defined }}"
            - name: Gather when there are none
              hosts: generic
              tasks:
                - name: Use one
                  ansible.builtin.assert:
                    that: ansible_facts.distribution is defined
            """, _token);
        await using var redis = await RedisServer.StartAsync(Password, "127.0.0.1", _token);
        var passwordFile = Path.Combine(site.Marks, "redis-password");
        await File.WriteAllTextAsync(passwordFile, Password, _token);
        (string, string)[] settings = [("REDIS_HOST", "127.0.0.1"), ("REDIS_PORT", $"{redis.Port}"), ("REDIS_DB", "1"), ("OSISM_REDIS__PASSWORD_FILE", passwordFile)];
        await using var one = await site.StartManagerAsync(_token, settings);
        await using var other = await site.StartManagerAsync(_token, settings);

        await one.Cli.MustAsync(_token, "apply", "facts");

        Assert.Equal((3, 0), await KnowAsync(other));
        Assert.False(Directory.Exists(Path.Combine(other.Home, "cache", "facts")) && Directory.EnumerateFiles(Path.Combine(other.Home, "cache", "facts")).Any());
        Assert.Contains("facts of 3 hosts", (await other.Cli.RunAsync(_token, "status", "--format", "json")).Text, StringComparison.Ordinal);

        await one.Cli.MustAsync(_token, "reset", "facts", "-l", "node-0");
        Assert.Equal((2, 1), await KnowAsync(other));
        // The second play gathered them again.
        Assert.Equal((3, 0), await KnowAsync(one));

        redis.Kill();
        Assert.Equal((0, 3), await KnowAsync(one));
        Assert.Contains("degraded", (await one.Cli.RunAsync(_token, "status", "--format", "json")).Text, StringComparison.Ordinal);
    }

    /// <summary>On how many nodes the facts were known and on how many not; the run succeeds in any case.</summary>
    private async Task<(int Known, int Unknown)> KnowAsync(Daemon manager)
    {
        var id = await manager.SubmitAsync(_token, "knows");
        var job = await manager.EndAsync(id, _token);
        var output = System.Text.Encoding.UTF8.GetString(await manager.OutputAsync(id, _token));
        Assert.True(job.State == JobState.Succeeded, output);
        Assert.DoesNotContain(Password, output, StringComparison.Ordinal);
        var plan = await manager.Http.GetStringAsync(new Uri($"{ApiRoutes.Job(id)}/plan", UriKind.Relative), _token);
        Assert.Contains("osism_redis", plan, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, plan, StringComparison.Ordinal);
        return (Count("known=True"), Count("known=False"));

        int Count(string text) => output.Split(text).Length - 1;
    }
}
