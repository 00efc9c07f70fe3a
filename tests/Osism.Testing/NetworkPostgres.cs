using System.Diagnostics;
using System.Security.Cryptography;

namespace Osism.Testing;

/// <summary>A PostgreSQL that listens on an address of the network, as production sites have one. Root only: it runs as the user postgres.</summary>
public sealed class NetworkPostgres : IAsyncDisposable
{
    private const string Name = "osism";
    private readonly TempFolder _folder;
    private readonly Process _server;

    private NetworkPostgres(TempFolder folder, Process server, string url, string password) =>
        (_folder, _server, Url, Password) = (folder, server, url, password);

    /// <summary><c>postgresql://osism:PASSWORD@ADDRESS:PORT/osism</c></summary>
    public string Url { get; }

    public string Password { get; }

    /// <summary>Starts one, with an empty database.</summary>
    /// <param name="address">Of this machine; everybody in its network of 256 addresses may connect with the password.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<NetworkPostgres> StartAsync(string address, CancellationToken cancellationToken)
    {
        var folder = new TempFolder();
        var bin = Directory.EnumerateDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(path => Path.Combine(path, "bin")).First();
        var (data, password, port) = (folder["data"], Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12)), FreePort.Next());
        await File.WriteAllTextAsync(folder["password"], password, cancellationToken);
        Directory.CreateDirectory(data);
        await new Command("chown") { Arguments = ["-R", "postgres", data, folder["password"]] }.MustAsync(cancellationToken);
        await AsPostgres(
            [Path.Combine(bin, "initdb"), "-D", data, "-U", Name, "--pwfile", folder["password"], "--auth", "scram-sha-256", "--no-sync", "-E", "UTF8", "--locale", "C.UTF-8"])
            .MustAsync(cancellationToken);
        await File.AppendAllTextAsync(Path.Combine(data, "pg_hba.conf"), $"host all all {address[..address.LastIndexOf('.')]}.0/24 scram-sha-256\n", cancellationToken);
        File.Delete(folder["password"]);
        string[] settings = [$"listen_addresses={address}", $"port={port}", $"unix_socket_directories={data}", "max_connections=200", "fsync=off"];
        var start = new ProcessStartInfo(
            "/usr/bin/setpriv",
            ["--reuid=postgres", "--regid=postgres", "--init-groups", "/bin/sh", "-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", Path.Combine(data, "server.log"),
                Path.Combine(bin, "postgres"), "-D", data, .. settings.SelectMany(setting => new[] { "-c", setting })])
        {
            WorkingDirectory = "/",
        };
        var server = new NetworkPostgres(folder, Process.Start(start)!, $"postgresql://{Name}:{password}@{address}:{port}/{Name}", password);
        try
        {
            await Eventually.TrueAsync("PostgreSQL answers in the network", async token => (await server.Psql("postgres", "select 1").RunAsync(token)).ExitCode == 0, Bounds.Long, cancellationToken);
            await server.Psql("postgres", $"create database {Name}").MustAsync(cancellationToken);
            return server;
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            var log = await File.ReadAllTextAsync(Path.Combine(data, "server.log"), CancellationToken.None);
            await server.DisposeAsync();
            throw new TimeoutException($"{e.Message}\n{log}", e);
        }
    }

    /// <summary>What a statement gives, fields with bars between, a row a line.</summary>
    public async Task<string> QueryAsync(string sql, CancellationToken cancellationToken) => (await Psql(Name, sql).MustAsync(cancellationToken)).Text.Trim();

    public async ValueTask DisposeAsync()
    {
        // At once (SIGQUIT): nobody wants this data back.
        await Signals.SendAsync(_server.Id, "QUIT", CancellationToken.None);
        await _server.WaitForExitAsync(CancellationToken.None);
        _server.Dispose();
        _folder.Dispose();
    }

    private Command Psql(string database, string sql) => new("psql")
    {
        Arguments = ["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", Url[..(Url.LastIndexOf('/') + 1)] + database, "-c", sql],
    };

    private static Command AsPostgres(string[] command) =>
        new("/usr/bin/setpriv") { Arguments = ["--reuid=postgres", "--regid=postgres", "--init-groups", .. command], Folder = "/" };
}
