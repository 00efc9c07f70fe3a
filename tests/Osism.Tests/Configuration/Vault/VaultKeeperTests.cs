using System.Text;
using Osism.Contracts;
using Osism.Contracts.Vault;
using Osism.Daemon.Platform;

namespace Osism.Tests.Configuration.Vault;

public sealed class VaultKeeperTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private VaultSetup _setup = null!;

    public async ValueTask InitializeAsync() => _setup = await VaultSetup.CreateAsync(_token);

    public ValueTask DisposeAsync() => _setup.DisposeAsync();

    [Fact]
    public async Task The_password_survives_a_restart()
    {
        await _setup.Keeper.SetPasswordAsync("Paßwort 🔑", "ada", _token);
        _setup.Restart();

        Assert.Equal("Paßwort 🔑", await _setup.Keeper.FindPasswordAsync(_token));
        Assert.Equal(new VaultInfo(Set: true, VaultSetup.Now, "ada"), await _setup.Keeper.DescribeAsync(_token));
    }

    [Fact]
    public async Task The_database_never_sees_the_password()
    {
        await _setup.Keeper.SetPasswordAsync("a very secret password", "ada", _token);

        await using var command = _setup.Database.CreateCommand("select name, recipient, sealed, updated_by from sealed_secret");
        await using var reader = await command.ExecuteReaderAsync(_token);
        Assert.True(await reader.ReadAsync(_token));
        Assert.DoesNotContain("secret password", Encoding.Latin1.GetString(reader.GetFieldValue<byte[]>(2)), StringComparison.Ordinal);
        Assert.Equal(("vault_password", 64, "ada"), (reader.GetString(0), reader.GetString(1).Length, reader.GetString(3)));
    }

    [Fact]
    public async Task White_space_around_the_password_is_cut_off_as_ansible_does()
    {
        await _setup.Keeper.SetPasswordAsync(" \tpass word\r\n", "ada", _token);

        Assert.Equal("pass word", await _setup.Keeper.FindPasswordAsync(_token));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData(null)]
    public async Task An_empty_password_is_refused(string? password)
    {
        var thrown = await Assert.ThrowsAsync<OsismException>(() => _setup.Keeper.SetPasswordAsync(password!, "ada", _token));

        Assert.Equal(ErrorCodes.RequestInvalid, thrown.Code);
    }

    [Fact]
    public async Task Another_password_takes_the_place_of_the_first()
    {
        await _setup.Keeper.SetPasswordAsync("first password", "ada", _token);
        await _setup.Keeper.SetPasswordAsync("second password", "bob", _token);

        Assert.Equal("second password", await _setup.Keeper.FindPasswordAsync(_token));
        Assert.Equal("bob", (await _setup.Keeper.DescribeAsync(_token)).By);
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task Unset_forgets_the_password()
    {
        await _setup.Keeper.SetPasswordAsync("a password", "ada", _token);

        Assert.True(await _setup.Keeper.UnsetAsync(_token));
        Assert.False(await _setup.Keeper.UnsetAsync(_token));
        Assert.Null(await _setup.Keeper.FindPasswordAsync(_token));
        Assert.Equal(new VaultInfo(Set: false, null, null), await _setup.Keeper.DescribeAsync(_token));
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task Looking_for_a_password_makes_no_key()
    {
        Assert.Null(await _setup.Keeper.FindPasswordAsync(_token));
        Assert.False((await _setup.Keeper.DescribeAsync(_token)).Set);

        Assert.False(File.Exists(_setup.KeyFile));
    }

    [Fact]
    public async Task Without_its_key_file_the_manager_says_what_to_do_and_setting_again_repairs_it()
    {
        await _setup.Keeper.SetPasswordAsync("first password", "ada", _token);
        File.Delete(_setup.KeyFile);

        var thrown = await Assert.ThrowsAsync<OsismException>(() => _setup.Keeper.FindPasswordAsync(_token));
        Assert.Equal(ErrorCodes.VaultSealed, thrown.Code);
        Assert.Contains("osism vault password set", thrown.Message, StringComparison.Ordinal);

        await _setup.Keeper.SetPasswordAsync("second password", "ada", _token);
        Assert.Equal("second password", await _setup.Keeper.FindPasswordAsync(_token));
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task A_manager_with_another_key_does_not_read_the_password()
    {
        await _setup.Keeper.SetPasswordAsync("first password", "ada", _token);
        _setup.Restart("another");

        Assert.Equal(ErrorCodes.VaultSealed, (await Assert.ThrowsAsync<OsismException>(() => _setup.Keeper.FindPasswordAsync(_token))).Code);
    }

    [Fact]
    public async Task A_key_file_that_cannot_be_used_stops_setting_with_its_path()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_setup.KeyFile)!);
        await File.WriteAllTextAsync(_setup.KeyFile, "nonsense", _token);

        var thrown = await Assert.ThrowsAsync<OsismException>(() => _setup.Keeper.SetPasswordAsync("a password", "ada", _token));

        Assert.Equal(ErrorCodes.VaultSealed, thrown.Code);
        Assert.Contains(_setup.KeyFile, thrown.Message, StringComparison.Ordinal);
    }

    private async Task<long> CountAsync()
    {
        await using var command = _setup.Database.CreateCommand("select count(*) from sealed_secret");
        return (long)(await command.ExecuteScalarAsync(_token))!;
    }
}
