namespace Osism.Testing;

/// <summary>How long tests wait for what must come. It says nothing about speed: a machine with two busy cores may need minutes for what takes a second.</summary>
public static class Bounds
{
    /// <summary>For one step of a program that runs: 90 s.</summary>
    public static TimeSpan Usual { get; } = TimeSpan.FromSeconds(90);

    /// <summary>For a program that has to start, or a run that has to end: 180 s.</summary>
    public static TimeSpan Long { get; } = TimeSpan.FromSeconds(180);
}
