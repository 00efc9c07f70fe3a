using Npgsql;
using Osism.Contracts;

namespace Osism.Daemon.Platform.Database;

/// <summary>How this process connects to the manager's database.</summary>
internal static class DatabaseConnection
{
    /// <summary>Name of the embedded database and of its owner.</summary>
    public const string Name = "osism";

    private const string SessionOptions =
        "-c idle_in_transaction_session_timeout=10s -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c tcp_user_timeout=12s";

    /// <exception cref="OsismException"><see cref="ErrorCodes.SettingsInvalid"/>: OSISM_DATABASE cannot be read.</exception>
    public static string For(DatabaseOptions options, OsismHome home)
    {
        var builder = options.IsEmbedded
            ? Embedded(PostgresLayout.For(home).Run, Name)
            : External(options.ConnectionString!.Trim());
        builder.MaxPoolSize = Math.Max(builder.MinPoolSize, options.MaxPoolSize);
        return builder.ConnectionString;
    }

    /// <summary>A database of a server that listens on a Unix socket, where the kernel tells it who we are.</summary>
    public static NpgsqlConnectionStringBuilder Embedded(string socketFolder, string database) => Tune(new NpgsqlConnectionStringBuilder
    {
        Host = socketFolder,
        Port = 5432,
        Database = database,
        Username = Name,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    });

    private static NpgsqlConnectionStringBuilder External(string text)
    {
        try
        {
            return OverNetwork(text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal)
                ? FromUri(new Uri(text))
                : new NpgsqlConnectionStringBuilder(text));
        }
        catch (Exception e) when (e is ArgumentException or UriFormatException or FormatException)
        {
            // The text may hold a password: it is not repeated.
            throw new OsismException(
                ErrorCodes.SettingsInvalid,
                "OSISM_DATABASE is neither 'Host=...;Database=...;Username=...' nor 'postgresql://user:password@host:port/database'.",
                e);
        }
    }

    /// <summary>A link may be cut without either end being told: we ask whether the server is there, and the server ends sessions of ours that are silent
    /// within a transaction, or whose machine does not answer, before their locks could hide that a worker is gone (its lease is 15 s).</summary>
    private static NpgsqlConnectionStringBuilder OverNetwork(NpgsqlConnectionStringBuilder builder)
    {
        builder.KeepAlive = builder.KeepAlive == 0 ? 15 : builder.KeepAlive;
        // Those of the operator come later and win.
        builder.Options = $"{SessionOptions} {builder.Options}".TrimEnd();
        return Tune(builder);
    }

    /// <summary>Few connections, closed soon when idle (each costs the server memory); statements used twice are prepared.</summary>
    private static NpgsqlConnectionStringBuilder Tune(NpgsqlConnectionStringBuilder builder)
    {
        builder.ApplicationName ??= "osismd";
        builder.MinPoolSize = 0;
        builder.ConnectionIdleLifetime = 30;
        builder.ConnectionPruningInterval = 10;
        builder.MaxAutoPrepare = 50;
        builder.AutoPrepareMinUsages = 2;
        // Nobody leaves anything behind in a session: settings are made for one transaction only.
        builder.NoResetOnClose = true;
        builder.Timeout = 5;
        builder.Enlist = false;
        builder.Timezone = "UTC";
        return builder;
    }

    /// <summary>The URI form of PostgreSQL 15 documentation §34.1.1.2; parameters are passed on by name.</summary>
    private static NpgsqlConnectionStringBuilder FromUri(Uri uri)
    {
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host.Length > 0 ? Uri.UnescapeDataString(uri.Host) : null,
            Port = uri.Port > 0 ? uri.Port : 5432,
            Database = uri.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(uri.AbsolutePath[1..]) : null,
        };
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
        {
            builder.Username = Uri.UnescapeDataString(user[0]);
        }

        if (user.Length > 1)
        {
            builder.Password = Uri.UnescapeDataString(user[1]);
        }

        foreach (var parameter in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = parameter.Split('=', 2);
            var value = Uri.UnescapeDataString(pair.Length > 1 ? pair[1] : "");
            builder[pair[0] switch
            {
                "sslmode" => "SSL Mode",
                "sslrootcert" => "Root Certificate",
                "connect_timeout" => "Timeout",
                "application_name" => "Application Name",
                "dbname" => "Database",
                var name => name,
            }] = pair[0] == "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }

        return builder;
    }
}
