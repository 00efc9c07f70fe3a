using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Osism.Daemon.Configuration.Vault;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;
using Osism.Protocols.Vault;
using Osism.Testing;
using Osism.Tests.Platform.Database;

namespace Osism.Tests.Configuration.Vault;

/// <summary>A manager's home, a configuration repository and a database, with the vault services on top as the daemon has them.</summary>
internal sealed class VaultSetup : IAsyncDisposable
{
    public const string Password = "a password";

    public static readonly DateTimeOffset Now = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

    private readonly TempFolder _folder = new();
    private readonly TestDatabase _database;
    private readonly List<ServiceProvider> _providers = [];

    private VaultSetup(TestDatabase database)
    {
        _database = database;
        Directory.CreateDirectory(Path.Combine(Repository, "environments", "kolla"));
        Directory.CreateDirectory(Path.Combine(Repository, "environments", "generic"));
        Services = Restart();
    }

    /// <summary>Whoever may run programs of the repository as root; an account every Debian has.</summary>
    public static string RunUser => Posix.IsRoot ? "nobody" : UnixUser.Current.Name;

    public string Repository => _folder["configuration"];

    public NpgsqlDataSource Database => _database.Source;

    public ServiceProvider Services { get; private set; }

    public VaultKeeper Keeper => Services.GetRequiredService<VaultKeeper>();

    public VaultFiles Files => Services.GetRequiredService<VaultFiles>();

    public VaultChecker Checker => Services.GetRequiredService<VaultChecker>();

    public VaultPasswords Passwords => Services.GetRequiredService<VaultPasswords>();

    public string KeyFile => _folder["home/secrets/seal.key"];

    public static async Task<VaultSetup> CreateAsync(CancellationToken cancellationToken)
    {
        var database = await TestDatabase.CreateAsync(cancellationToken);

        // The clock the engine trusts is replaced, as it is meant to be in tests.
        await using var command = database.Source.CreateCommand(
            $"create or replace function osism_now() returns timestamptz language sql volatile as $$ select timestamptz '{Now:O}' $$");
        await command.ExecuteNonQueryAsync(cancellationToken);
        return new VaultSetup(database);
    }

    /// <summary>The services of a manager that was started anew, perhaps with another home.</summary>
    public ServiceProvider Restart(string home = "home")
    {
        var services = new ServiceCollection();
        services.AddSingleton(_database.Source);
        services.AddSingleton(new OsismHome(_folder[home]));
        services.AddSingleton(TimeProvider.System);
        services.AddVault(_ => Repository, _ => RunUser);
        Services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        _providers.Add(Services);
        return Services;
    }

    /// <summary>Puts a file into the repository.</summary>
    public string Write(string path, string content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        var file = Path.Combine(Repository, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
        File.SetUnixFileMode(file, mode);
        return file;
    }

    /// <summary>Puts an encrypted file into the repository.</summary>
    public string WriteVault(string path, string plain, string password = Password) =>
        Write(path, Encoding.ASCII.GetString(AnsibleVault.Encrypt(Encoding.UTF8.GetBytes(plain), password)));

    public async ValueTask DisposeAsync()
    {
        foreach (var provider in _providers)
            await provider.DisposeAsync();
        await _database.DisposeAsync();
        _folder.Dispose();
    }
}
