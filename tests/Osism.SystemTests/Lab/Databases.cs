using Osism.Testing;

namespace Osism.SystemTests.Lab;

/// <summary>The embedded PostgreSQL of a manager, from the outside.</summary>
internal static class Databases
{
    private static readonly TimeSpan Within = Bounds.Long;

    /// <summary>Process id of the postmaster.</summary>
    public static int Postmaster(this Daemon daemon) =>
        int.Parse(File.ReadLines(Path.Combine(daemon.Home, "postgres", "data", "postmaster.pid")).First());

    /// <summary>The server with all that it consists of.</summary>
    public static IReadOnlyList<int> PostgresProcesses(this Daemon daemon)
    {
        var data = Path.Combine(daemon.Home, "postgres", "data");
        return [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => char.IsAsciiDigit(name![0])).Select(name => int.Parse(name!))
            .Where(process => Signals.IsAlive(process) && new FileInfo($"/proc/{process}/cwd").LinkTarget == data)];
    }

    /// <summary>What a statement gives, fields with bars between, a row a line.</summary>
    public static async Task<string> QueryAsync(this Daemon daemon, string sql, CancellationToken cancellationToken) =>
        (await new Command("psql")
        {
            Arguments = ["-XAtq", "-v", "ON_ERROR_STOP=1", "-h", Path.Combine(daemon.Home, "postgres", "run"), "-U", "osism", "-d", "osism", "-c", sql],
        }.MustAsync(cancellationToken)).Text.Trim();

    /// <summary>Process id of the one that writes to the disk what was committed without waiting for it.</summary>
    public static int WalWriter(this Daemon daemon)
    {
        var parent = $" {daemon.Postmaster()} ";
        return Assert.Single(
            Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => char.IsAsciiDigit(name![0])).Select(name => int.Parse(name!)),
            process => AttemptProcesses.Read(process, "cmdline").StartsWith("postgres: walwriter", StringComparison.Ordinal)
                && AttemptProcesses.Read(process, "stat") is var stat && stat[(stat.LastIndexOf(')') + 3)..].StartsWith(parent, StringComparison.Ordinal));
    }

    /// <summary>SIGKILL to the postmaster, once it runs.</summary>
    public static async Task KillPostgresAsync(this Daemon daemon, CancellationToken cancellationToken)
    {
        var postmaster = 0;
        await Eventually.TrueAsync("PostgreSQL runs", () => TryFind(daemon, out postmaster), Within, cancellationToken);
        await Signals.SendAsync(postmaster, "KILL", cancellationToken);
        await Eventually.TrueAsync("PostgreSQL is dead", () => !Signals.IsAlive(postmaster), Within, cancellationToken);
    }

    private static bool TryFind(Daemon daemon, out int postmaster)
    {
        try
        {
            postmaster = daemon.Postmaster();
            return Signals.IsAlive(postmaster);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or FormatException)
        {
            // Between two servers there is no such file, or an empty one.
            postmaster = 0;
            return false;
        }
    }
}
