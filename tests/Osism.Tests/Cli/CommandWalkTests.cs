using System.Text.Json;
using Osism.Cli.CommandLine;

namespace Osism.Tests.Cli;

/// <summary>Every command of the original, by its name and its options (<c>commands.json</c>), works or is said to come later.</summary>
public sealed class CommandWalkTests
{
    /// <summary>Commands that work. It may grow; what is on it must not be lost again.</summary>
    private static readonly string[] Working =
    [
        "apply", "compose", "configuration sync", "console", "container", "docker", "dump facts", "dump inventory", "get facts", "get hosts", "get hostvars", "get logs ansible",
        "get logs container", "get logs file", "get logs opensearch", "get states", "get status", "get tasks", "get versions manager", "lock", "lock status", "log ansible",
        "log container", "log file", "log opensearch", "noset bootstrap", "noset maintenance", "noset vault password", "reconciler", "reconciler sync", "reset facts", "service",
        "set bootstrap", "set maintenance", "set vault password", "sync configuration", "sync facts", "sync inventory", "sync versions", "task list", "task revoke", "unlock", "validate",
        "vault check", "vault decrypt", "vault password set", "vault password unset", "vault view", "wait", "worker",
    ];

    public static TheoryData<string, string[]> Original
    {
        get
        {
            var data = new TheoryData<string, string[]>();
            using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Cli", "commands.json")));
            foreach (var command in json.RootElement.EnumerateArray())
                data.Add(command.GetProperty("name").GetString()!, [.. command.GetProperty("options").EnumerateArray().Select(option => option.GetString()!)]);
            return data;
        }
    }

    [Fact]
    public void There_are_137_of_them()
    {
        Assert.Equal(137, Original.Count);
        Assert.Equal(Working, Original.Select(row => row.Data.Item1).Where(name => CommandTable.Find(name) is { Works: true }).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Original))]
    public void Each_is_known_and_its_help_shows_its_options(string name, string[] options)
    {
        using var run = new CliRun();

        Assert.Equal(0, run.Run([.. name.Split(' '), "--help"]));

        Assert.StartsWith(CommandTable.Find(name)!.Summary, run.Output, StringComparison.Ordinal);
        Assert.Contains($"osism {name}", run.Output, StringComparison.Ordinal);
        // Help breaks lines where it must.
        var words = run.Output.Split([' ', '\n', ',', '[', ']', '|'], StringSplitOptions.RemoveEmptyEntries);
        Assert.All(options, option => Assert.Contains(option, words));
        Assert.Empty(run.Error);
    }

    [Theory]
    [MemberData(nameof(Original))]
    public void Each_works_or_says_that_it_comes_later(string name, string[] options)
    {
        using var run = new CliRun();
        var works = Working.Contains(name, StringComparer.Ordinal);

        // Every option of the original in one line: whatever it means, it is not unknown.
        // Without a word more these become osismd, and the tests with it.
        var exit = run.Run([.. name.Split(' '), .. name is "reconciler" or "sync versions" or "log opensearch" or "get logs opensearch" ? ["--help"] : works ? [] : options]);

        if (works)
        {
            Assert.DoesNotContain("command.not_yet", run.Error, StringComparison.Ordinal);
            Assert.NotNull(CommandFactory.Create(CommandTable.Find(name)!.Target, run.Context()));
        }
        else if (!options.Contains("--help", StringComparer.Ordinal))
        {
            Assert.Equal(2, exit);
            // A trace stands before it where --debug is one of its options.
            Assert.EndsWith($"error: command.not_yet: 'osism {name}' comes with a later release\n", run.Error, StringComparison.Ordinal);
            Assert.Empty(run.Output);
        }
    }

    [Fact]
    public void The_table_is_in_order_and_whole()
    {
        var names = CommandTable.All.Select(entry => entry.Name).ToList();

        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Equal(names.Distinct(StringComparer.Ordinal), names);
        Assert.All(CommandTable.All, entry => Assert.Equal(entry, CommandTable.Find(entry.Name)));
        Assert.All(CommandTable.All, entry => Assert.DoesNotContain('|', entry.Summary));
        using var run = new CliRun();
        Assert.All(
            CommandTable.All.Where(entry => entry is { Works: true, IsAlias: false }),
            entry => Assert.NotNull(CommandFactory.Create(entry.Name, run.Context())));
    }
}
