using Npgsql;
using Osism.Cli.Terminal;
using Osism.Tests.Cli;
using Osism.Tests.Hosting;

namespace Osism.Tests.Recording;

/// <summary>A manager that runs nothing: what was recorded is put into its tables.</summary>
public sealed class ReadingFixture : IAsyncLifetime
{
    internal Manager Manager { get; private set; } = null!;

    internal NpgsqlDataSource Database => Manager.Get<NpgsqlDataSource>();

    public async ValueTask InitializeAsync() =>
        Manager = await Manager.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_ROLES"] = "api" });

    public ValueTask DisposeAsync() => Manager.DisposeAsync();

    /// <summary>Runs <c>osism</c> against the manager.</summary>
    internal (int Exit, string Output, string Error) Cli(Screen? screen, params string[] arguments)
    {
        using var run = new CliRun { Screen = screen ?? Screen.None };
        File.CreateSymbolicLink(Path.Combine(run.Home, "osismd.sock"), Manager.Home.Socket);
        var exit = run.Run(arguments);
        return (exit, run.Output, run.Error);
    }

    internal (int Exit, string Output, string Error) Cli(params string[] arguments) => Cli(null, arguments);
}
