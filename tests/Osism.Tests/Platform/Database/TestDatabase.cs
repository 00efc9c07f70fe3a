using Npgsql;

namespace Osism.Tests.Platform.Database;

/// <summary>
/// A database of its own with all migrations applied: <c>await using var database = await TestDatabase.CreateAsync(cancellationToken);</c>
/// </summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly string _name;

    private TestDatabase(string name, string connectionString)
    {
        _name = name;
        ConnectionString = connectionString;
        Source = NpgsqlDataSource.Create(connectionString);
    }

    public NpgsqlDataSource Source { get; }

    public string ConnectionString { get; }

    public static async Task<TestDatabase> CreateAsync(CancellationToken cancellationToken)
    {
        var name = $"t_{Guid.NewGuid():N}";
        return new TestDatabase(name, await TestCluster.CloneAsync(name, cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await TestCluster.DropAsync(_name);
    }
}
