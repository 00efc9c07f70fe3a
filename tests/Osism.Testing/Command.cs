using System.Diagnostics;
using System.Text;

namespace Osism.Testing;

/// <summary>A program started by a test.</summary>
/// <param name="File">Path, or a name found on the PATH.</param>
public sealed record Command(string File)
{
    private static readonly TimeSpan Usual = Bounds.Long;

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Added to what this process has; null takes a variable away.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    public string? Folder { get; init; }

    /// <summary>What stdin holds. Default nothing.</summary>
    public byte[] Input { get; init; } = [];

    /// <summary>Whether stdin stays open behind <see cref="Input"/>, for <see cref="RunningCommand.TypeAsync"/>. Default no.</summary>
    public bool Interactive { get; init; }

    /// <summary>After that the program is killed and the test fails. Default <see cref="Bounds.Long"/>.</summary>
    public TimeSpan Timeout { get; init; } = Usual;

    /// <exception cref="TimeoutException">It did not end in time; holds what it wrote.</exception>
    public async Task<CommandResult> RunAsync(CancellationToken cancellationToken)
    {
        using var running = Start();
        return await running.WaitAsync(Timeout, cancellationToken);
    }

    /// <exception cref="InvalidOperationException">It ended with another exit code than 0; holds what it wrote.</exception>
    public async Task<CommandResult> MustAsync(CancellationToken cancellationToken)
    {
        var result = await RunAsync(cancellationToken);
        return result.ExitCode == 0
            ? result
            : throw new InvalidOperationException($"{File} {string.Join(' ', Arguments)} ended with {result.ExitCode}:\n{result.Text}{result.Errors}");
    }

    /// <summary>Starts it and comes back at once. The caller disposes it, which kills it if it still runs.</summary>
    public RunningCommand Start()
    {
        var start = new ProcessStartInfo(File, Arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder ?? "",
        };
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        return new RunningCommand(Process.Start(start)!, Input, Interactive);
    }
}

/// <summary>How a program ended and all it wrote.</summary>
/// <param name="ExitCode">128 + n when a signal ended it.</param>
/// <param name="Stdout">Every byte.</param>
/// <param name="Errors">stderr.</param>
public sealed record CommandResult(int ExitCode, byte[] Stdout, string Errors)
{
    /// <summary>stdout as UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(Stdout);
}
