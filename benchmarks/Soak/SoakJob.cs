using Osism.Contracts.Jobs;

namespace Osism.Benchmarks.Soak;

/// <summary>A job of the drill: what it was to do, and what was done to it.</summary>
/// <param name="Id">The job.</param>
/// <param name="Kind">What <c>soak-playbook</c> was told, or <c>noop</c>.</param>
internal sealed record SoakJob(Guid Id, string Kind)
{
    private int _wounds;

    /// <summary>How it may end, besides in the way its kind ends.</summary>
    public Wounds Wounds => (Wounds)Volatile.Read(ref _wounds);

    public void Wound(Wounds wound) => Interlocked.Or(ref _wounds, (int)wound);

    /// <summary>Whether an end is explained by what the job is and what was done to it.</summary>
    public bool IsExplained(JobState state) =>
        state == (Kind == "fail" ? JobState.Failed : JobState.Succeeded)
        || (state == JobState.Lost && Wounds.HasFlag(Wounds.SupervisorKilled))
        || (state is JobState.Failed or JobState.Unreachable && Wounds.HasFlag(Wounds.CommandKilled))
        || (state == JobState.Cancelled && Wounds.HasFlag(Wounds.Cancelled));
}

/// <summary>What happened to a job. Whether it was over by then is not known, so each only widens what is right.</summary>
[Flags]
internal enum Wounds
{
    None = 0,
    SupervisorKilled = 1,
    CommandKilled = 2,
    Cancelled = 4,
}
