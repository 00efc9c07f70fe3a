using Osism.Contracts;
using Osism.Contracts.Vault;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Secrets;

namespace Osism.Tests.Configuration.Vault;

public sealed class VaultCheckerTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private VaultSetup _setup = null!;

    public async ValueTask InitializeAsync() => _setup = await VaultSetup.CreateAsync(_token);

    public ValueTask DisposeAsync() => _setup.DisposeAsync();

    [Fact]
    public async Task A_new_manager_has_no_key_file() => await AssertFailsAsync("keyfile_missing");

    [Fact]
    public async Task A_key_file_that_is_none_is_invalid()
    {
        await _setup.Keeper.SetPasswordAsync(VaultSetup.Password, "ada", _token);
        await File.WriteAllTextAsync(_setup.KeyFile, "nonsense", _token);

        await AssertFailsAsync("invalid_keyfile");
    }

    [Fact]
    public async Task Without_a_password_it_is_not_set()
    {
        await _setup.Keeper.SetPasswordAsync(VaultSetup.Password, "ada", _token);
        await _setup.Keeper.UnsetAsync(_token);

        await AssertFailsAsync("password_not_set");
    }

    [Fact]
    public async Task A_stored_password_that_was_damaged_cannot_be_decrypted()
    {
        await _setup.Keeper.SetPasswordAsync(VaultSetup.Password, "ada", _token);
        await ExecuteAsync("update sealed_secret set sealed = sealed || '\\x00'");

        await AssertFailsAsync("decryption_failed");
    }

    [Fact]
    public async Task A_password_sealed_for_another_key_cannot_be_decrypted()
    {
        await _setup.Keeper.SetPasswordAsync(VaultSetup.Password, "ada", _token);
        File.Delete(_setup.KeyFile);
        using var other = new SealKeyFile(Home).LoadOrCreate();

        await AssertFailsAsync("decryption_failed");
    }

    [Fact]
    public async Task An_empty_stored_password_is_named()
    {
        await _setup.Keeper.SetPasswordAsync(VaultSetup.Password, "ada", _token);
        var blob = new Sealer(new SealKeyFile(Home)).Seal([], "vault_password");
        await ExecuteAsync($"update sealed_secret set sealed = '\\x{Convert.ToHexStringLower(blob)}'");

        await AssertFailsAsync("password_empty");
    }

    [Fact]
    public async Task A_password_that_does_not_open_the_file_is_wrong()
    {
        _setup.WriteVault("environments/kolla/secrets.yml", "a: b\n");
        await _setup.Keeper.SetPasswordAsync("another password", "ada", _token);

        var check = await AssertFailsAsync("wrong_password");

        Assert.Equal("environments/kolla/secrets.yml", check.Path);
    }

    [Fact]
    public async Task The_first_encrypted_file_in_the_order_of_the_environments_is_tried()
    {
        await _setup.Keeper.SetPasswordAsync(VaultSetup.Password, "ada", _token);
        _setup.WriteVault("environments/a/secrets.yml", "a: b\n", "another password");
        Assert.Equal(("wrong_password", "environments/a/secrets.yml"), await TriedAsync());

        _setup.WriteVault("environments/custom/secrets.yml", "a: b\n");
        Assert.Equal(("passed", "environments/custom/secrets.yml"), await TriedAsync());

        _setup.WriteVault("environments/openstack/secrets.yml", "a: b\n");
        Assert.Equal(("passed", "environments/openstack/secrets.yml"), await TriedAsync());

        _setup.Write("environments/kolla/secrets.yml", "a: b\n");
        var check = await _setup.Checker.CheckAsync(path: null, _token);
        Assert.Equal("environments/openstack/secrets.yml", check.Path);
        Assert.Equal(["environments/kolla/secrets.yml is not encrypted"], check.Warnings);
    }

    [Fact]
    public async Task Without_an_encrypted_file_it_passes_with_a_warning()
    {
        await _setup.Keeper.SetPasswordAsync(VaultSetup.Password, "ada", _token);

        var check = await _setup.Checker.CheckAsync(path: null, _token);
        Assert.Equal((true, "passed", null), (check.Passed, check.Code, check.Path));
        Assert.Equal(["there is no secrets.yml below environments/"], check.Warnings);

        _setup.Write("environments/generic/secrets.yml", "a: b\n");
        Assert.Equal(["environments/generic/secrets.yml is not encrypted"], (await _setup.Checker.CheckAsync(path: null, _token)).Warnings);
    }

    [Fact]
    public async Task A_named_file_is_tried_and_must_be_there()
    {
        await _setup.Keeper.SetPasswordAsync(VaultSetup.Password, "ada", _token);
        _setup.WriteVault("environments/kolla/secrets.yml", "a: b\n");
        _setup.WriteVault("inventory/host_vars/node.yml", "a: b\n", "another password");

        Assert.Equal("wrong_password", (await _setup.Checker.CheckAsync("inventory/host_vars/node.yml", _token)).Code);
        Assert.Equal(ErrorCodes.FileMissing, (await Assert.ThrowsAsync<OsismException>(() => _setup.Checker.CheckAsync("missing.yml", _token))).Code);
        Assert.Equal(ErrorCodes.AccessDenied, (await Assert.ThrowsAsync<OsismException>(() => _setup.Checker.CheckAsync("../x", _token))).Code);
    }

    [Fact]
    public async Task A_damaged_file_is_an_error_with_its_line()
    {
        await _setup.Keeper.SetPasswordAsync(VaultSetup.Password, "ada", _token);
        _setup.Write("environments/kolla/secrets.yml", "$ANSIBLE_VAULT;1.1;AES256\n31\nxx\n");

        var thrown = await Assert.ThrowsAsync<OsismException>(() => _setup.Checker.CheckAsync(path: null, _token));

        Assert.Equal((ErrorCodes.VaultBroken, "environments/kolla/secrets.yml", 3), (thrown.Code, thrown.File, thrown.Line));
    }

    [Fact]
    public async Task The_password_file_of_the_repository_counts_with_a_warning()
    {
        _setup.WriteVault("environments/kolla/secrets.yml", "a: b\n");
        _setup.Write("environments/.vault_pass", VaultSetup.Password);

        var check = await _setup.Checker.CheckAsync(path: null, _token);

        Assert.True(check.Passed);
        Assert.Equal(["no password is stored; that of environments/.vault_pass is used"], check.Warnings);
    }

    private OsismHome Home => new(Path.GetDirectoryName(Path.GetDirectoryName(_setup.KeyFile))!);

    private async Task<(string Code, string? Path)> TriedAsync()
    {
        var check = await _setup.Checker.CheckAsync(path: null, _token);
        return (check.Code, check.Path);
    }

    private async Task<VaultCheck> AssertFailsAsync(string code)
    {
        var check = await _setup.Checker.CheckAsync(path: null, _token);
        Assert.Equal((false, code), (check.Passed, check.Code));
        Assert.NotEmpty(check.Message);
        return check;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _setup.Database.CreateCommand(sql);
        Assert.Equal(1, await command.ExecuteNonQueryAsync(_token));
    }
}
