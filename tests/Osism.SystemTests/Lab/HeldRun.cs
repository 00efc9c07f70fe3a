using Osism.Testing;

namespace Osism.SystemTests.Lab;

/// <summary>A run of one of <see cref="Plays"/> which begins, leaves its marks and waits until the test lets it go.</summary>
public sealed record HeldRun(string Name, string Folder)
{
    // Twenty runs at once may begin together.
    private static readonly TimeSpan Begins = 2 * Bounds.Long;

    /// <summary>What comes after the role.</summary>
    public string[] Arguments => ["-e", $"trace={Name}", "-e", $"marks={Folder}"];

    /// <summary>Whether it came to the place where it waits.</summary>
    public bool HasBegun => File.Exists(Path.Combine(Folder, $"{Name}.began"));

    /// <summary>How often the play wrote its name into a file of the manager.</summary>
    public int Traces => Count(Path.Combine(Folder, $"{Name}.trace"));

    public Task BeganAsync(CancellationToken cancellationToken) =>
        Eventually.TrueAsync($"the run {Name} comes to where it waits", () => HasBegun, Begins, cancellationToken);

    /// <summary>Lets it go on.</summary>
    public void Go() => File.WriteAllText(Path.Combine(Folder, $"{Name}.go"), "");

    /// <summary>How often the play wrote its name into a file of a node.</summary>
    public async Task<int> TracesOnAsync(NodeLab lab, string node, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lab);
        var lines = (await lab.ExecAsync(node, ["cat", "/tmp/traces"], cancellationToken)).Text;
        return lines.Split('\n').Count(line => line == Name);
    }

    private static int Count(string file) => File.Exists(file) ? File.ReadAllLines(file).Length : 0;
}
