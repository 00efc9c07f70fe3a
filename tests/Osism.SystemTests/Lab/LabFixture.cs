using Osism.Testing;

namespace Osism.SystemTests.Lab;

/// <summary>Three nodes and their pod, for tests that need no manager.</summary>
public sealed class LabFixture : IAsyncLifetime
{
    public NodeLab Lab { get; private set; } = null!;

    public ConfigurationPod Pod { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Lab = await NodeLab.StartAsync(3, null, TestContext.Current.CancellationToken);
        Pod = await ConfigurationPod.CreateAsync(Lab, encrypted: true, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Pod.Dispose();
        await Lab.DisposeAsync();
    }

    /// <summary>A command on a node through its sshd, as <c>dragon</c>.</summary>
    public Task<CommandResult> SshAsync(Node node, string command, CancellationToken cancellationToken) => new Command("ssh")
    {
        Arguments =
        [
            "-i", Lab.PrivateKey, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=2", $"dragon@{node.Address}", command,
        ],
    }.RunAsync(cancellationToken);
}
