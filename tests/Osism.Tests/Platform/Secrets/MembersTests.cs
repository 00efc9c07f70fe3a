using System.Text;
using Npgsql;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Secrets;
using Osism.Testing;
using Osism.Tests.Platform.Database;

namespace Osism.Tests.Platform.Secrets;

/// <summary>Who belongs to an installation, and what is sealed for whom.</summary>
public sealed class MembersTests : IAsyncLifetime
{
    private const string Name = "vault_password";

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _folder = new();
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync(_token);

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_first_home_founds_the_installation_and_another_needs_a_token()
    {
        var (first, second) = (New("first"), New("second"));

        Assert.True(await first.Members.EnterAsync("first", _token));
        Assert.True(await first.Members.EnterAsync("first", _token));
        Assert.False(await second.Members.EnterAsync("second", _token));
        Assert.Equal(["first"], (await first.Members.ListAsync(_token)).Select(member => member.Name));
    }

    [Fact]
    public async Task A_token_lets_one_home_in_once()
    {
        var (first, second, third) = (New("first"), New("second"), New("third"));
        await first.Members.EnterAsync("first", _token);
        var (token, expires) = await first.Members.InviteAsync(TimeSpan.FromMinutes(5), "ada", _token);

        await second.Members.JoinAsync($" {token}\n", "second", _token);

        Assert.InRange(expires, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue);
        Assert.True(await second.Members.EnterAsync("second", _token));
        var refused = await Assert.ThrowsAsync<OsismException>(() => third.Members.JoinAsync(token, "third", _token));
        Assert.Equal(ErrorCodes.TokenInvalid, refused.Code);
        Assert.Contains("was used at", refused.Message, StringComparison.Ordinal);
        Assert.False(await third.Members.EnterAsync("third", _token));
    }

    [Fact]
    public async Task A_token_that_is_unknown_or_has_expired_is_refused_and_says_so()
    {
        var (first, second) = (New("first"), New("second"));
        await first.Members.EnterAsync("first", _token);
        var (token, _) = await first.Members.InviteAsync(TimeSpan.FromMinutes(5), "ada", _token);
        await ExecuteAsync("update join_token set expires_at = osism_now() - interval '1 second'");

        Assert.Contains("expired", (await Assert.ThrowsAsync<OsismException>(() => second.Members.JoinAsync(token, "second", _token))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "no such token", (await Assert.ThrowsAsync<OsismException>(() => second.Members.JoinAsync("osism-join-guess", "second", _token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_database_holds_neither_a_token_nor_a_secret()
    {
        var first = New("first");
        await first.Members.EnterAsync("first", _token);
        var (token, _) = await first.Members.InviteAsync(TimeSpan.FromMinutes(5), "ada", _token);
        await first.Secrets.PutAsync(Name, "a very secret password"u8.ToArray(), "ada", _token);

        var all = await ReadAsync("select string_agg(t::text, ' ') from join_token t") + await ReadAsync("select string_agg(encode(sealed, 'hex'), ' ') from sealed_secret");
        Assert.DoesNotContain(token, all, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToHexStringLower("secret password"u8), all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_set_before_a_home_joined_is_sealed_for_it_by_one_that_can_open_it()
    {
        var (first, second) = await JoinedAsync(async first => await first.Secrets.PutAsync(Name, "password"u8.ToArray(), "ada", _token));
        Assert.Null(await second.Secrets.FindAsync(Name, _token));

        Assert.Equal(1, await first.Secrets.ShareAsync(_token));
        Assert.Equal(0, await first.Secrets.ShareAsync(_token));

        Assert.Equal("password", Encoding.UTF8.GetString((await second.Secrets.FindAsync(Name, _token))!));
    }

    [Fact]
    public async Task What_is_set_later_is_sealed_for_all_members_at_once_and_forgotten_for_all()
    {
        var (first, second) = await JoinedAsync(_ => Task.CompletedTask);

        await second.Secrets.PutAsync(Name, "one"u8.ToArray(), "ada", _token);
        Assert.Equal("one", Encoding.UTF8.GetString((await first.Secrets.FindAsync(Name, _token))!));
        await first.Secrets.PutAsync(Name, "two"u8.ToArray(), "ada", _token);
        Assert.Equal("two", Encoding.UTF8.GetString((await second.Secrets.FindAsync(Name, _token))!));
        Assert.Equal(0, await second.Secrets.ShareAsync(_token));

        Assert.True(await second.Secrets.RemoveAsync(Name, _token));
        Assert.Null(await first.Secrets.FindAsync(Name, _token));
        Assert.Equal(0, await first.Secrets.ShareAsync(_token));
    }

    [Fact]
    public async Task A_home_that_is_removed_loses_its_rows_and_gets_no_more()
    {
        var (first, second) = await JoinedAsync(_ => Task.CompletedTask);
        await first.Secrets.PutAsync(Name, "one"u8.ToArray(), "ada", _token);

        Assert.True(await first.Members.RemoveAsync(second.Machine, _token));
        Assert.False(await first.Members.RemoveAsync(second.Machine, _token));

        Assert.Null(await second.Secrets.FindAsync(Name, _token));
        Assert.False(await second.Members.EnterAsync("second", _token));
        await first.Secrets.PutAsync(Name, "two"u8.ToArray(), "ada", _token);
        Assert.Equal(0, await first.Secrets.ShareAsync(_token));
        Assert.Null(await second.Secrets.FindAsync(Name, _token));

        // Another token lets it in again.
        await second.Members.JoinAsync((await first.Members.InviteAsync(TimeSpan.FromMinutes(5), "ada", _token)).Token, "second", _token);
        Assert.Equal(1, await first.Secrets.ShareAsync(_token));
        Assert.Equal("two", Encoding.UTF8.GetString((await second.Secrets.FindAsync(Name, _token))!));
    }

    [Fact]
    public async Task A_home_whose_key_was_lost_stays_a_member_and_gets_its_secrets_again()
    {
        var (first, second) = await JoinedAsync(_ => Task.CompletedTask);
        await first.Secrets.PutAsync(Name, "one"u8.ToArray(), "ada", _token);
        File.Delete(second.KeyFile);

        Assert.True(await second.Members.EnterAsync("second", _token));
        Assert.Equal(1, await first.Secrets.ShareAsync(_token));

        Assert.Equal("one", Encoding.UTF8.GetString((await second.Secrets.FindAsync(Name, _token))!));
    }

    private async Task<(Home First, Home Second)> JoinedAsync(Func<Home, Task> before)
    {
        var (first, second) = (New("first"), New("second"));
        await first.Members.EnterAsync("first", _token);
        await before(first);
        await second.Members.JoinAsync((await first.Members.InviteAsync(TimeSpan.FromMinutes(5), "ada", _token)).Token, "second", _token);
        return (first, second);
    }

    private Home New(string name) => new(new OsismHome(_folder[name]), _database.Source);

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _database.Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(_token);
    }

    private async Task<string> ReadAsync(string sql)
    {
        await using var command = _database.Source.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync(_token))!;
    }

    /// <summary>A home with a key of its own.</summary>
    private sealed class Home
    {
        public Home(OsismHome home, NpgsqlDataSource database)
        {
            Machine = Guid.NewGuid().ToString();
            Directory.CreateDirectory(home.Root);
            File.WriteAllText(home.MachineFile, Machine);
            var key = new SealKeyFile(home);
            KeyFile = key.FilePath;
            var sealer = new Sealer(key);
            Members = new Members(database, sealer, home);
            Secrets = new SecretStore(database, key, sealer, Members);
        }

        public string Machine { get; }

        public string KeyFile { get; }

        public Members Members { get; }

        public SecretStore Secrets { get; }
    }
}
