using System.Text.Json;
using Osism.Testing;

namespace Osism.Tests.Ansible;

/// <summary>A real run of the plays in <c>Recorded</c>, which have everything that a run can have.</summary>
public sealed class RecordedRun : IAsyncLifetime
{
    /// <summary>Comes by the command line, and so must not be told.</summary>
    public const string Token = "given-on-the-command-line";

    private readonly TempFolder _folder = new();

    /// <summary>What <c>Recorded/record</c> wrote.</summary>
    public static string Sample => Checkout.PathOf("tests", "Osism.Tests", "Ansible", "Recorded", "events.ndjson");

    public CommandResult Result { get; private set; } = null!;

    public IReadOnlyList<JsonElement> Events { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        Result = await EventRun.Playbook(
            Path.GetDirectoryName(Sample)!,
            _folder["events"],
            ["-i", "hosts.ini", "-c", "local", "--diff", "-e", $"scratch={_folder.Path}", "-e", $"token={Token}", "first.yml", "second.yml"]).RunAsync(token);
        Events = await EventRun.ReadAsync(_folder["events"], token);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
