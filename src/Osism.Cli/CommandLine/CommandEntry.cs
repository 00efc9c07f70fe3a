namespace Osism.Cli.CommandLine;

/// <summary>A line of <see cref="CommandTable"/>.</summary>
/// <param name="Name">The words of the command as they were typed.</param>
/// <param name="Target">The command it is: its own name, or what the alias stands for.</param>
/// <param name="Works">False for commands that a later release brings.</param>
/// <param name="Summary">What it is for, one line.</param>
/// <param name="Usage">Arguments and options of a command that a later release brings; empty for the others, which say it themselves.</param>
internal sealed record CommandEntry(string Name, string Target, bool Works, string Summary, string Usage)
{
    public bool IsAlias => Name != Target;
}
