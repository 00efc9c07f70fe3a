using System.Text;
using Npgsql;
using Osism.Daemon.Ansible;
using Osism.Daemon.Configuration.Vault;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Secrets;
using Osism.Testing;

namespace Osism.Tests.Hosting;

/// <summary>A manager hands its secrets to machines that joined, sealed for their keys.</summary>
public sealed class SecretSharingTests : IAsyncLifetime
{
    private static readonly TimeSpan Within = Bounds.Long;

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _folder = new();
    private Manager _manager = null!;

    public async ValueTask InitializeAsync() => _manager = await Manager.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _manager.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_vault_password_the_repositorys_own_and_the_operators_key_reach_a_machine_that_joins_and_follow_changes()
    {
        await _manager.Get<VaultKeeper>().SetPasswordAsync("stored password", "ada", _token);
        await File.WriteAllTextAsync(Path.Combine(_manager.Repository, VaultPasswords.FileName), "file password\n", _token);
        var key = Path.Combine(_manager.Home.Secrets, OperatorKey.FileName);
        await File.WriteAllTextAsync(key, "first key\n", _token);
        var (members, secrets) = Elsewhere();

        await members.JoinAsync((await _manager.Get<Members>().InviteAsync(TimeSpan.FromMinutes(5), "ada", _token)).Token, "worker", _token);

        await ArrivesAsync(secrets, "vault_password", "stored password");
        await ArrivesAsync(secrets, VaultPasswords.SharedName, "file password");
        await ArrivesAsync(secrets, OperatorKey.SharedName, "first key\n");

        await File.WriteAllTextAsync(key, "second key\n", _token);
        await ArrivesAsync(secrets, OperatorKey.SharedName, "second key\n");
        File.Delete(key);
        await Eventually.TrueAsync("the key that is gone is forgotten", async token => await secrets.FindAsync(OperatorKey.SharedName, token) is null, Within, _token);
    }

    [Fact]
    public async Task A_file_that_differs_from_what_another_manager_shared_is_shared_only_once_it_is_changed()
    {
        var (members, secrets) = Elsewhere();
        await members.JoinAsync((await _manager.Get<Members>().InviteAsync(TimeSpan.FromMinutes(5), "ada", _token)).Token, "other", _token);
        await secrets.PutAsync(OperatorKey.SharedName, "their key\n"u8.ToArray(), "other-host/17", _token);
        var key = Path.Combine(_manager.Home.Secrets, OperatorKey.FileName);

        await File.WriteAllTextAsync(key, "my key\n", _token);

        // Each of its looks takes in both files: once the second state of the other one has come, this one was seen.
        foreach (var password in new[] { "one password", "another password" })
        {
            await File.WriteAllTextAsync(Path.Combine(_manager.Repository, VaultPasswords.FileName), $"{password}\n", _token);
            await ArrivesAsync(secrets, VaultPasswords.SharedName, password);
        }

        await ArrivesAsync(secrets, OperatorKey.SharedName, "their key\n");
        await File.WriteAllTextAsync(key, "my new key\n", _token);
        await ArrivesAsync(secrets, OperatorKey.SharedName, "my new key\n");
    }

    private Task ArrivesAsync(SecretStore secrets, string name, string value) => Eventually.TrueAsync(
        $"{name} arrives", async token => await secrets.FindAsync(name, token) is { } found && Encoding.UTF8.GetString(found) == value, Within, _token);

    private (Members Members, SecretStore Secrets) Elsewhere()
    {
        var home = new OsismHome(_folder["worker"]);
        Directory.CreateDirectory(home.Root);
        File.WriteAllText(home.MachineFile, "worker\n");
        var key = new SealKeyFile(home);
        var sealer = new Sealer(key);
        var members = new Members(_manager.Get<NpgsqlDataSource>(), sealer, home);
        return (members, new SecretStore(_manager.Get<NpgsqlDataSource>(), key, sealer, members));
    }
}
