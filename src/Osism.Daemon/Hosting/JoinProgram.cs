using System.Text;
using Microsoft.Extensions.Options;
using Npgsql;
using Osism.Contracts;
using Osism.Daemon.Ansible;
using Osism.Daemon.Jobs;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;
using Osism.Daemon.Platform.Files;
using Osism.Daemon.Platform.Processes;
using Osism.Daemon.Platform.Secrets;

namespace Osism.Daemon.Hosting;

/// <summary><c>osismd join</c>: makes this home part of an installation, once.</summary>
/// <remarks>What if we die here? Before the commit: nothing has happened. After it: the token is used up, and the home is a member without the file that
/// names its database; joining again with another token repairs that.</remarks>
internal static class JoinProgram
{
    private const string Usage = """
        usage: osismd join [--token-file FILE] [--database URL | --database-file FILE] [--name NAME]

        Makes this machine part of the installation whose database is named. Make the token with 'osism worker token'
        on a manager; it works once. Without --token-file it is read from stdin, and asked for on a terminal.

          --token-file FILE     file that holds the token
          --token TOKEN         the token itself; it is taken out of the list of processes at once, but a shell may keep it
          --database URL        postgresql://USER:PASSWORD@HOST/DATABASE; default OSISM_DATABASE or the settings
          --database-file FILE  file that holds it, so that its password is in no list of processes
          --name NAME           name of this machine's worker; default the setting worker.name, which is the host name

        The database is remembered in $OSISM_HOME/secrets/database. Afterwards: osismd --roles worker:QUEUE
        """;

    private static readonly TimeSpan SecretsWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(200);

    /// <exception cref="OsismException">Whatever stands in the way.</exception>
    public static async Task<int> RunAsync(string[] words)
    {
        if (words is ["--help" or "-h", ..])
        {
            Console.Out.WriteLine(Usage);
            return ExitCode.Success;
        }

        var given = ProgramWords.Parse("osismd join", words, ["--token", "--token-file", "--database", "--database-file", "--name"], []);
        foreach (var secret in new[] { given["--token"], given["--database"] })
        {
            // Both hold what nobody else is to see.
            CommandLine.Hide(secret ?? "");
        }

        var settings = DaemonSettings.Read("worker");
        var values = new Dictionary<string, string?>(settings.Values, StringComparer.OrdinalIgnoreCase);
        if ((given["--database"] ?? ProgramWords.ReadFile(given["--database-file"])) is { } database)
        {
            values["database:connectionstring"] = database;
        }

        if (given["--name"] is { } name)
        {
            values["worker:name"] = name;
        }

        var token = given["--token"] ?? ProgramWords.ReadFile(given["--token-file"]) ?? ProgramWords.Ask("token: ");
        if (token.Length == 0)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, "the token is empty: make one with 'osism worker token' on a manager");
        }

        return await JoinAsync(settings with { Values = values }, token);
    }

    private static async Task<int> JoinAsync(DaemonSettings settings, string token)
    {
        await using var app = DaemonApplication.Build(settings);
        SettingsCheck.Validate(app.Services);
        var options = app.Services.GetRequiredService<IOptions<DatabaseOptions>>().Value;
        if (options.IsEmbedded)
        {
            throw new OsismException(ErrorCodes.RequestInvalid, "no database is named: give --database, --database-file or OSISM_DATABASE; that of another machine's manager must be a PostgreSQL that listens on the network");
        }

        var (home, none) = (settings.Home, CancellationToken.None);
        HomeFolder.Prepare(home, app.Services.GetRequiredService<RunUser>());
        await HomeFolder.IdentifyAsync(home, none);
        var name = app.Services.GetRequiredService<IOptions<WorkerOptions>>().Value.Name;
        try
        {
            await app.Services.GetRequiredService<Migrator>().RequireAsync(none);
            await app.Services.GetRequiredService<Members>().JoinAsync(token, name, none);
        }
        catch (Exception e) when (e is NpgsqlException or SealException)
        {
            throw DatabaseErrors.Explain(e) ?? new OsismException(ErrorCodes.DatabaseAway, e.Message, e);
        }

        await AtomicFile.WriteAsync(
            home.JoinedDatabase, Encoding.UTF8.GetBytes(options.ConnectionString!.Trim() + "\n"), UnixFileMode.UserRead | UnixFileMode.UserWrite, none);
        await SayAsync(app.Services.GetRequiredService<SecretStore>(), home, name, none);
        return ExitCode.Success;
    }

    /// <summary>A manager seals the pod's secrets for a new member within seconds.</summary>
    private static async Task SayAsync(SecretStore secrets, OsismHome home, string name, CancellationToken cancellationToken)
    {
        var since = TimeProvider.System.GetTimestamp();
        var (ours, any) = await secrets.CountAsync(cancellationToken);
        while (any && ours == 0 && TimeProvider.System.GetElapsedTime(since) < SecretsWithin)
        {
            await Task.Delay(Step, TimeProvider.System, cancellationToken);
            (ours, any) = await secrets.CountAsync(cancellationToken);
        }

        Console.Out.WriteLine($"{home.Root} belongs to the installation now, as {name}. Start its worker with: osismd --roles worker:QUEUE");
        if (any && ours == 0)
        {
            Console.Error.WriteLine("No manager has sealed the pod's secrets for it yet: they follow when one runs.");
        }
    }
}
