namespace Osism.Benchmarks.Sequence;

/// <summary>How a phase went.</summary>
/// <param name="Phase">Its name.</param>
/// <param name="Optional">Whether the testbed does without it unless asked.</param>
/// <param name="Applies">Runs of roles that were asked for.</param>
/// <param name="Pulls">Runs that those asked for.</param>
/// <param name="Wall">From its first step to its last that somebody waits for.</param>
/// <param name="Failures">Steps that did not succeed at first.</param>
internal sealed record SequenceRow(string Phase, bool Optional, int Applies, int Pulls, TimeSpan Wall, int Failures)
{
    public override string ToString() => $"{Applies} applies{(Pulls > 0 ? $", {Pulls} nested pulls" : "")}, {Wall.TotalSeconds:0.0} s, {Failures} failures";
}
