using Osism.Contracts;
using Osism.Daemon.Locks;
using Osism.Daemon.Platform;
using Osism.Tests.Hosting;

namespace Osism.Tests.Locks;

/// <summary><c>environments/policies.yml</c>.</summary>
public sealed class LockPoliciesTests : IAsyncLifetime
{
    private Manager _manager = null!;

    private LockPolicies Policies => _manager.Get<LockPolicies>();

    public async ValueTask InitializeAsync() => _manager = await Manager.StartAsync();

    public async ValueTask DisposeAsync() => await _manager.DisposeAsync();

    [Fact]
    public void Without_the_file_nothing_excludes_anything() => Assert.Empty(Policies.WishesOf("generic", null, ["ping"]));

    [Fact]
    public void Every_rule_that_covers_a_run_gives_it_a_key()
    {
        Write("""
            other: {}
            locks:
              - {environment: generic, policy: reject}
              - {key: nodes, hosts: true}
              - {role: facts, key: facts, policy: coalesce}
            """);

        Assert.Equal(
            [new LockWish("generic/facts", false, LockPolicy.Reject), new LockWish("nodes", true, LockPolicy.Queue), new LockWish("facts", false, LockPolicy.Coalesce)],
            Policies.WishesOf("generic", null, ["facts"]));
        Assert.Equal(["nodes"], Policies.WishesOf("custom", null, ["other"]).Select(wish => wish.Key));
    }

    [Theory]
    [InlineData("locks: {}", 1, "list")]
    [InlineData("- a", 1, "mapping")]
    [InlineData("locks:\n  - {}", 2, "on nothing")]
    [InlineData("locks:\n  - {environment: moon}", 2, "moon")]
    [InlineData("locks:\n  - {environment: generic, role: no-such-role}", 2, "no-such-role")]
    [InlineData("locks:\n  - {environment: generic, policy: maybe}", 2, "maybe")]
    [InlineData("locks:\n  - {environment: generic, colour: red}", 2, "colour")]
    [InlineData("locks:\n  - {key: a, hosts: often}", 2, "hosts")]
    [InlineData("locks:\n  - {environment: generic, key: a, policy: queue}\n  - {role: ping, key: a, policy: reject}", 3, "two policies")]
    public void What_is_wrong_is_said_with_its_line(string text, int line, string fault)
    {
        Write(text);

        var broken = Assert.Throws<OsismException>(() => Policies.WishesOf("generic", null, ["ping"]));

        Assert.Equal((ErrorCodes.ConfigurationBroken, line), (broken.Code, broken.Line));
        Assert.Contains(fault, broken.Message, StringComparison.Ordinal);
        Assert.Equal("environments/policies.yml", broken.File);
    }

    [Fact]
    public void A_text_that_is_no_yaml_is_broken()
    {
        Write("locks: [");

        Assert.Equal(ErrorCodes.YamlBroken, Assert.Throws<OsismException>(() => Policies.WishesOf("generic", null, ["ping"])).Code);
    }

    private void Write(string text) => File.WriteAllText(Path.Combine(_manager.Repository, "environments", LockPolicies.FileName), text);
}
