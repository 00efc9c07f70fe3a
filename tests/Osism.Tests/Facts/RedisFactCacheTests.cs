using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Osism.Daemon.Facts.Cache;
using Osism.Daemon.Platform;
using Osism.Testing;

namespace Osism.Tests.Facts;

/// <summary>The plugin <c>osism_redis</c>, Ansible's own <c>community.general.redis</c> and the manager share one real Redis.</summary>
public sealed class RedisFactCacheTests : IAsyncLifetime
{
    private const string Password = "a: secret's";
    private const string Ours = "osism_redis";
    private const string Theirs = "community.general.redis";

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _folder = new();
    private RedisServer _server = null!;
    private RedisFactCache _cache = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync(Password, "127.0.0.1", _token);
        await File.WriteAllTextAsync(_folder["password"], Password + "\n", _token);
        await File.WriteAllTextAsync(_folder["ansible.cfg"], "", _token);
        _cache = new RedisFactCache(Options.Create(new RedisOptions { Host = "127.0.0.1", Port = _server.Port, Db = 2, PasswordFile = _folder["password"] }));
    }

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(Ours, Theirs)]
    [InlineData(Theirs, Ours)]
    public async Task What_one_wrote_the_other_reads_and_the_manager_sees_and_takes_away(string writer, string reader)
    {
        await MustAsync(writer, "ansible.builtin.set_fact: {color: blue, cacheable: true}");

        await MustAsync(reader, "ansible.builtin.assert: {that: color == 'blue'}");
        using (var facts = JsonDocument.Parse((await _cache.FindAsync("one", _token))!))
            Assert.Equal("blue", facts.RootElement.GetProperty("color").GetString());
        Assert.Equal(1, await _cache.CountAsync(_token));

        Assert.Equal(0, await _cache.RemoveAsync(["two"], _token));
        Assert.Equal(1, await _cache.RemoveAsync(null, _token));
        Assert.Null(await _cache.FindAsync("one", _token));
        await MustAsync(reader, "ansible.builtin.assert: {that: color is undefined}");
    }

    [Fact]
    public async Task A_Redis_that_is_away_or_refuses_costs_a_warning()
    {
        await File.WriteAllTextAsync(_folder["password"], "wrong", _token);
        Assert.Contains("goes on without it", (await MustAsync(Ours, "ansible.builtin.set_fact: {color: red, cacheable: true}")).Errors, StringComparison.Ordinal);

        _server.Kill();
        Assert.Contains("goes on without it", (await MustAsync(Ours, "ansible.builtin.set_fact: {color: red, cacheable: true}")).Errors, StringComparison.Ordinal);
        var away = await Assert.ThrowsAsync<OsismException>(() => _cache.FindAsync("one", _token));
        Assert.Equal("facts.cache_away", away.Code.Code);
        Assert.DoesNotContain(Password, away.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Redis_that_dies_within_a_run_does_not_end_it()
    {
        var kill = $"ansible.builtin.command: redis-cli --no-auth-warning -p {_server.Port} -a \"{Password}\" shutdown nosave";

        var result = await MustAsync(
            Ours, "ansible.builtin.set_fact: {color: red, cacheable: true}", kill, "ansible.builtin.set_fact: {shape: round, cacheable: true}", "ansible.builtin.assert: {that: color == 'red' and shape == 'round'}");

        Assert.Contains("goes on without it", result.Errors, StringComparison.Ordinal);
    }

    private async Task<CommandResult> MustAsync(string plugin, params string[] tasks)
    {
        var play = new StringBuilder("- {name: Play, hosts: all, gather_facts: false, tasks: [").AppendJoin(", ", tasks.Select(task => "{" + Flow(task) + "}")).Append("]}\n");
        await File.WriteAllTextAsync(_folder["play.yml"], play.ToString(), _token);
        return await new Command("ansible-playbook")
        {
            Arguments = ["-i", "one,", "-c", "local", _folder["play.yml"]],
            Folder = _folder.Path,
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["ANSIBLE_HOME"] = _folder["ansible"],
                ["ANSIBLE_CONFIG"] = _folder["ansible.cfg"],
                ["ANSIBLE_CACHE_PLUGIN"] = plugin,
                ["ANSIBLE_CACHE_PLUGINS"] = Checkout.PathOf("ansible", "cache_plugins"),
                ["ANSIBLE_CACHE_PLUGIN_CONNECTION"] = $"127.0.0.1:{_server.Port}:2{(plugin == Theirs ? $":{Password}" : "")}",
                ["OSISM_REDIS_PASSWORD_FILE"] = plugin == Ours ? _folder["password"] : null,
                ["LC_ALL"] = "C.UTF-8",
            },
        }.MustAsync(_token);
    }

    /// <summary>A module with its arguments as one pair of a flow mapping.</summary>
    private static string Flow(string task)
    {
        var at = task.IndexOf(": ", StringComparison.Ordinal);
        var arguments = task[(at + 2)..];
        return $"{task[..at]}: {(arguments.StartsWith('{') ? arguments : JsonSerializer.Serialize(arguments))}";
    }
}
