namespace Osism.Testing;

/// <summary>The built <c>osism</c>, talking to the manager of one <c>OSISM_HOME</c>.</summary>
public sealed class Cli(string home)
{
    /// <summary>Runs one command to its end; <see cref="Bounds.Long"/> at most.</summary>
    public Task<CommandResult> RunAsync(CancellationToken cancellationToken, params string[] arguments) =>
        Command(arguments).RunAsync(cancellationToken);

    /// <summary>Runs one command, which must end with exit code 0.</summary>
    /// <exception cref="InvalidOperationException">It did not; holds what it wrote.</exception>
    public Task<CommandResult> MustAsync(CancellationToken cancellationToken, params string[] arguments) =>
        Command(arguments).MustAsync(cancellationToken);

    /// <summary>Starts one command; the test goes on beside it and disposes it.</summary>
    public RunningCommand Start(params string[] arguments) => Command(arguments).Start();

    /// <summary>A command to which input, variables or another limit may be added.</summary>
    public Command Command(params string[] arguments) => new(Checkout.Cli)
    {
        Arguments = arguments,
        Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["OSISM_HOME"] = home },
    };
}
