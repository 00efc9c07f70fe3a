using Osism.Daemon.Jobs;

namespace Osism.Tests.Jobs;

/// <summary>Who is taken for gone when the database's clock is set while everybody works.</summary>
public sealed class HolderWatchTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan KillWithin = TimeSpan.FromSeconds(30);
    private readonly Job _job = JobsSetup.Draft();
    private readonly Guid _worker = Guid.NewGuid();
    private readonly HandClock _clock = new();
    private readonly HolderWatch _watch;

    public HolderWatchTests() => _watch = new HolderWatch(_clock);

    [Fact]
    public void A_worker_without_a_heartbeat_for_a_lease_is_gone()
    {
        Assert.False(LookAt(0, beat: 0, database: 0).IsGone);
        Assert.False(LookAt(14, beat: 0, database: 14).IsGone);
        Assert.True(LookAt(16, beat: 0, database: 16).IsGone);
    }

    [Fact]
    public void Who_has_just_begun_to_look_believes_the_database()
    {
        Assert.True(LookAt(0, beat: -60, database: 0).IsGone);
        Assert.False(LookAt(1, beat: -60, database: 0).HasEndedRuns);
    }

    [Fact]
    public void A_clock_that_is_set_forward_makes_nobody_gone_who_beats()
    {
        LookAt(0, beat: 0, database: 0);
        LookAt(2, beat: 2, database: 2);

        Assert.False(LookAt(3, beat: 2, database: 3603).IsGone);
        Assert.False(LookAt(5, beat: 3604, database: 3605).IsGone);
        Assert.True(LookAt(21, beat: 3604, database: 3621).IsGone);
    }

    [Fact]
    public void A_clock_that_is_set_back_keeps_nobody_who_beats_no_more()
    {
        LookAt(0, beat: 0, database: 0);
        Assert.False(LookAt(3, beat: 2, database: -3597).IsGone);
        Assert.False(LookAt(17, beat: 2, database: -3583).IsGone);
        Assert.True(LookAt(18, beat: 2, database: -3582).IsGone);
    }

    [Fact]
    public void Runs_are_taken_for_ended_only_when_the_time_for_it_has_passed_by_our_own_clock()
    {
        LookAt(0, beat: 0, database: 0);

        Assert.False(LookAt(1, beat: 0, database: 3601).HasEndedRuns);
        Assert.False(LookAt(44, beat: 0, database: 3644).HasEndedRuns);
        Assert.True(LookAt(45, beat: 0, database: 3645).HasEndedRuns);
    }

    [Fact]
    public void Who_begins_to_look_again_does_not_wait_for_what_happened_meanwhile()
    {
        LookAt(0, beat: 0, database: 0);
        _watch.Begin();

        Assert.True(LookAt(600, beat: 580, database: 600).IsGone);
    }

    /// <param name="own">Seconds by our clock.</param>
    /// <param name="beat">Last heartbeat, in seconds by the database's clock.</param>
    /// <param name="database">Seconds by the database's clock.</param>
    private JudgedJob LookAt(double own, double beat, double database)
    {
        _clock.Elapsed = TimeSpan.FromSeconds(own);
        return Assert.Single(_watch.Judge([new HeldJob(_job, new Holder
        {
            Instance = _worker,
            HeartbeatAt = Now.AddSeconds(beat),
            Lease = Lease,
            Expired = TimeSpan.FromSeconds(database - beat) > Lease,
            KillWithin = KillWithin,
        })]));
    }
}
