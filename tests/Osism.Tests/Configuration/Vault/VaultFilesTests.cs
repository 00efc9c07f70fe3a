using Osism.Contracts;
using Osism.Contracts.Vault;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;

namespace Osism.Tests.Configuration.Vault;

public sealed class VaultFilesTests : IAsyncLifetime
{
    private const string Secrets = "environments/kolla/secrets.yml";
    private const uint Nobody = 65534;

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private VaultSetup _setup = null!;

    public async ValueTask InitializeAsync() => _setup = await VaultSetup.CreateAsync(_token);

    public ValueTask DisposeAsync() => _setup.DisposeAsync();

    [Fact]
    public async Task An_encrypted_file_is_shown_in_plain_text()
    {
        _setup.WriteVault(Secrets, "schlüssel: wert\n");
        await _setup.Keeper.SetPasswordAsync(VaultSetup.Password, "ada", _token);

        Assert.Equal(new VaultContent(Secrets, Encrypted: true, "schlüssel: wert\n"), await _setup.Files.ViewAsync(Secrets, _token));
    }

    [Fact]
    public async Task A_file_that_is_not_encrypted_is_shown_as_it_is_without_a_password()
    {
        _setup.Write(Secrets, "plain: text\n");

        Assert.Equal(new VaultContent(Secrets, Encrypted: false, "plain: text\n"), await _setup.Files.ViewAsync(Secrets, _token));
        Assert.False(await _setup.Files.DecryptInPlaceAsync(Secrets, _token));
        Assert.Equal("plain: text\n", await File.ReadAllTextAsync(Path.Combine(_setup.Repository, Secrets), _token));
    }

    [Fact]
    public async Task Decrypting_in_place_keeps_mode_and_owner()
    {
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        var file = _setup.WriteVault(Secrets, "schlüssel: wert\n");
        File.SetUnixFileMode(file, Mode);
        var owner = Posix.IsRoot ? Nobody : Posix.EffectiveUser;
        Posix.ChangeOwner(file, owner, Posix.EffectiveGroup);
        await _setup.Keeper.SetPasswordAsync(VaultSetup.Password, "ada", _token);

        Assert.True(await _setup.Files.DecryptInPlaceAsync(Secrets, _token));

        Assert.Equal("schlüssel: wert\n", await File.ReadAllTextAsync(file, _token));
        var status = FileStatus.Of(file)!.Value;
        Assert.Equal((Mode, owner, Posix.EffectiveGroup), (status.Permissions, status.User, status.Group));
    }

    [Fact]
    public async Task Without_a_password_with_another_one_and_with_damage_the_error_names_the_file_which_stays()
    {
        var file = _setup.WriteVault(Secrets, "plain: text\n");
        await AssertFailsAsync(ErrorCodes.VaultSealed);

        await _setup.Keeper.SetPasswordAsync("another password", "ada", _token);
        await AssertFailsAsync(ErrorCodes.VaultWrongPassword);

        var text = await File.ReadAllTextAsync(file, _token);
        _setup.Write(Secrets, text.Insert(text.IndexOf('\n', StringComparison.Ordinal) + 1, "xx\n"));
        await AssertFailsAsync(ErrorCodes.VaultBroken, line: 2);
        Assert.StartsWith("$ANSIBLE_VAULT", await File.ReadAllTextAsync(file, _token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_password_file_of_the_repository_serves_when_none_is_stored()
    {
        _setup.WriteVault(Secrets, "plain: text\n");
        _setup.Write("environments/.vault_pass", $"{VaultSetup.Password}\n");

        Assert.Equal("plain: text\n", (await _setup.Files.ViewAsync(Secrets, _token)).Content);
        Assert.Equal("password (file)", (await _setup.Passwords.FindAsync(_token))!.ToString());

        await _setup.Keeper.SetPasswordAsync("another password", "ada", _token);
        Assert.Equal("password (stored)", (await _setup.Passwords.FindAsync(_token))!.ToString());
        await AssertFailsAsync(ErrorCodes.VaultWrongPassword);
    }

    [Fact]
    public async Task A_password_program_is_run_as_the_user_of_runs_with_a_clean_environment()
    {
        MakePassable();
        _setup.Write("environments/.vault_pass", "#!/bin/sh\necho \"$(id -un) $USER $LANG ${OSISM_HOME-unset} $PWD\"\n", Executable);

        var password = (await _setup.Passwords.FindAsync(_token))!;

        Assert.Equal($"{VaultSetup.RunUser} {VaultSetup.RunUser} C.UTF-8 unset {_setup.Repository}/environments", password.Value);
    }

    [Theory]
    [InlineData("#!/bin/sh\necho no such thing >&2\nexit 3\n", "exit code 3: no such thing")]
    [InlineData("#!/bin/sh\necho ' '\n", "gives no password")]
    [InlineData("#!/no/such/interpreter\n", "vault_pass")]
    public async Task A_password_program_that_fails_is_named_with_what_it_said(string program, string said)
    {
        MakePassable();
        _setup.Write("environments/.vault_pass", program, Executable);

        var thrown = await Assert.ThrowsAsync<OsismException>(() => _setup.Passwords.FindAsync(_token));

        Assert.Equal(ErrorCodes.VaultSealed, thrown.Code);
        Assert.Contains(said, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_file_without_password_or_outside_the_repository_is_refused()
    {
        var file = _setup.Write("environments/.vault_pass", " \n");
        Assert.Equal(ErrorCodes.VaultSealed, (await Assert.ThrowsAsync<OsismException>(() => _setup.Passwords.FindAsync(_token))).Code);

        File.Delete(file);
        File.CreateSymbolicLink(file, "/etc/hostname");
        Assert.Equal(ErrorCodes.AccessDenied, (await Assert.ThrowsAsync<OsismException>(() => _setup.Passwords.FindAsync(_token))).Code);
    }

    [Fact]
    public async Task Nothing_is_found_where_there_is_no_source() => Assert.Null(await _setup.Passwords.FindAsync(_token));

    private static UnixFileMode Executable =>
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private void MakePassable()
    {
        foreach (var folder in new[] { _setup.Repository, Path.Combine(_setup.Repository, "environments") })
            File.SetUnixFileMode(folder, Executable);
    }

    private async Task AssertFailsAsync(ErrorCode code, int? line = null)
    {
        foreach (var attempt in new Func<Task>[] { () => _setup.Files.ViewAsync(Secrets, _token), () => _setup.Files.DecryptInPlaceAsync(Secrets, _token) })
        {
            var thrown = await Assert.ThrowsAsync<OsismException>(attempt);
            Assert.Equal((code, Secrets, line), (thrown.Code, thrown.File, thrown.Line));
            Assert.Contains(Secrets, thrown.Message, StringComparison.Ordinal);
        }
    }
}
