using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Database;

namespace Osism.Tests.Platform;

public sealed class PlatformServicesTests
{
    [Fact]
    public async Task What_is_registered_can_be_made_and_takes_its_settings_from_the_section_database()
    {
        await using var provider = Services(("database:MaxPoolSize", "7"), ("database:StopTimeout", "00:00:05"));

        Assert.NotNull(provider.GetRequiredService<EmbeddedPostgres>());
        Assert.NotNull(provider.GetRequiredService<Migrator>());
        var connection = new NpgsqlConnectionStringBuilder(provider.GetRequiredService<NpgsqlDataSource>().ConnectionString);
        Assert.Equal((7, "/home/x/postgres/run"), (connection.MaxPoolSize, connection.Host));
        Assert.Equal(TimeSpan.FromSeconds(5), provider.GetRequiredService<IOptions<DatabaseOptions>>().Value.StopTimeout);
    }

    [Fact]
    public async Task Settings_out_of_range_are_all_named()
    {
        await using var provider = Services(("database:MaxPoolSize", "1"), ("database:SharedBuffersMb", "1"));

        var refused = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<DatabaseOptions>>().Value);

        Assert.Equal(2, refused.Failures.Count());
    }

    private static ServiceProvider Services(params (string Key, string Value)[] settings) => new ServiceCollection()
        .AddLogging()
        .AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build())
        .AddSingleton(new OsismHome("/home/x"))
        .AddPlatform()
        .BuildServiceProvider(validateScopes: true);
}
