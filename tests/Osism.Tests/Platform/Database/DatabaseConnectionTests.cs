using Npgsql;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;

namespace Osism.Tests.Platform.Database;

public sealed class DatabaseConnectionTests
{
    private static readonly OsismHome Home = new("/var/lib/osism");

    [Theory]
    [InlineData("postgresql://pod:p%40ss%3A@db.example:6432/manager?sslmode=verify-full&application_name=x")]
    [InlineData("postgres://pod:p%40ss%3A@db.example:6432/manager?sslmode=verify-full&application_name=x")]
    [InlineData(" Host=db.example;Port=6432;Username=pod;Password=p@ss:;Database=manager;SSL Mode=VerifyFull;Application Name=x ")]
    public void Both_forms_of_OSISM_DATABASE_mean_the_same(string text)
    {
        var read = Parse(text);

        Assert.Equal(("db.example", 6432, "pod", "p@ss:", "manager"), (read.Host, read.Port, read.Username, read.Password, read.Database));
        Assert.Equal((SslMode.VerifyFull, "x"), (read.SslMode, read.ApplicationName));
    }

    [Fact]
    public void A_host_alone_has_the_usual_port_and_our_name()
    {
        var read = Parse("postgresql://db/osism");

        Assert.Equal(("db", 5432, "osismd", null), (read.Host, read.Port, read.ApplicationName, read.Password));
    }

    [Theory]
    [InlineData("nonsense geheim")]
    [InlineData("Host=db;Password=geheim;Speed=fast")]
    [InlineData("postgresql://user:geheim@db:port/x")]
    [InlineData("postgresql://user:geheim@db/x?speed=fast")]
    public void What_cannot_be_read_is_refused_without_repeating_a_password(string text)
    {
        var refused = Assert.Throws<OsismException>(() => Parse(text));

        Assert.Equal(ErrorCodes.SettingsInvalid, refused.Code);
        Assert.DoesNotContain("geheim", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=db;Username=osism")]
    [InlineData("postgresql://osism@db/osism?options=-c%20search_path%3Dpod")]
    [InlineData("Host=db;Username=osism;Options=-c idle_in_transaction_session_timeout=3s")]
    public void A_session_that_is_silent_within_a_transaction_is_ended_whatever_the_server_is_set_to_and_the_operators_word_is_the_last(string text)
    {
        var options = Parse(text).Options!;

        Assert.StartsWith("-c idle_in_transaction_session_timeout=10s ", options, StringComparison.Ordinal);
        Assert.Equal(text.Contains("pod", StringComparison.Ordinal), options.EndsWith("-c search_path=pod", StringComparison.Ordinal));
        Assert.Equal(text.Contains("3s", StringComparison.Ordinal), options.EndsWith("-c idle_in_transaction_session_timeout=3s", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_one_the_own_socket_is_used_with_few_connections()
    {
        var read = new NpgsqlConnectionStringBuilder(DatabaseConnection.For(new DatabaseOptions(), Home));

        Assert.Equal(("/var/lib/osism/postgres/run", "osism", "osism"), (read.Host, read.Database, read.Username));
        Assert.Equal((0, 20, 30), (read.MinPoolSize, read.MaxPoolSize, read.ConnectionIdleLifetime));
    }

    private static NpgsqlConnectionStringBuilder Parse(string text) =>
        new(DatabaseConnection.For(new DatabaseOptions { ConnectionString = text }, Home));
}
