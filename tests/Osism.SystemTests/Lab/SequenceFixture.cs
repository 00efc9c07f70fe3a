using Osism.Testing.Sequence;

namespace Osism.SystemTests.Lab;

/// <summary>Three nodes of the testbed: the manager, a controller and a resource, with the stand-in runtimes.</summary>
public sealed class SequenceFixture : IAsyncLifetime
{
    public SequenceSite Site { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        Site = await SequenceSite.StartAsync(["testbed-manager", "testbed-node-0", "testbed-node-3"], new Dictionary<string, string>(StringComparer.Ordinal), token);
    }

    public async ValueTask DisposeAsync()
    {
        if (Site is not null)
        {
            await Site.DisposeAsync();
        }
    }
}
