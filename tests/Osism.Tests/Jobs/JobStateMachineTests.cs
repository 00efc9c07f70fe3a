using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;

namespace Osism.Tests.Jobs;

/// <summary>The table of moves, pair by pair, as the handbook draws it.</summary>
public sealed class JobStateMachineTests
{
    private static readonly DateTimeOffset At = new(2026, 5, 4, 3, 2, 1, TimeSpan.Zero);

    private static readonly Dictionary<JobState, JobState[]> Allowed = new()
    {
        [JobState.Queued] = [JobState.Starting, JobState.Cancelled],
        [JobState.Starting] =
        [
            JobState.Queued, JobState.Running, JobState.Succeeded, JobState.Failed, JobState.Unreachable, JobState.Cancelled, JobState.TimedOut,
            JobState.Lost, JobState.Rejected, JobState.Disconnected, JobState.CancelFailed,
        ],
        [JobState.Running] =
        [
            JobState.Succeeded, JobState.Failed, JobState.Unreachable, JobState.Cancelled, JobState.TimedOut, JobState.Lost, JobState.Disconnected,
            JobState.CancelFailed,
        ],
        [JobState.Disconnected] =
        [
            JobState.Queued, JobState.Starting, JobState.Running, JobState.Succeeded, JobState.Failed, JobState.Unreachable, JobState.Cancelled,
            JobState.TimedOut, JobState.Lost, JobState.Rejected, JobState.CancelFailed,
        ],
        [JobState.CancelFailed] = [JobState.Succeeded, JobState.Cancelled, JobState.TimedOut, JobState.Lost],
    };

    public static TheoryData<JobState, JobState> Pairs()
    {
        var pairs = new TheoryData<JobState, JobState>();
        foreach (var from in Enum.GetValues<JobState>())
        {
            foreach (var to in Enum.GetValues<JobState>())
            {
                pairs.Add(from, to);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_move_is_made_exactly_where_the_table_has_it(JobState from, JobState to)
    {
        var job = new Job { Id = Guid.NewGuid(), State = from };

        if (Allowed.GetValueOrDefault(from, []).Contains(to))
        {
            var moved = job.End(to, new ReasonInfo("a.b", "c"), At);
            Assert.Equal((to, "a.b", "c", to.IsTerminal() ? At : null), (moved.State, moved.ReasonCode, moved.ReasonMessage, moved.EndedAt));
        }
        else
        {
            var refused = Assert.Throws<JobStateException>(() => job.End(to, null, At));
            Assert.Equal($"Job {job.Id} is {from.ToWireName()}: it cannot become {to.ToWireName()}.", refused.Message);
        }
    }

    [Fact]
    public void A_terminal_state_is_never_left_and_any_other_can_be() =>
        Assert.All(Enum.GetValues<JobState>(), state => Assert.Equal(state.IsTerminal(), !Allowed.ContainsKey(state)));

    [Fact]
    public void The_start_is_remembered_over_a_lost_connection()
    {
        var running = new Job { State = JobState.Starting }.Run(At);

        var back = running.Disconnect("silent").Reconnect();

        Assert.Equal((JobState.Running, At, null), (back.State, back.StartedAt, back.ReasonCode));
        Assert.Equal(JobState.Starting, new Job { State = JobState.Starting }.Disconnect("silent").Reconnect().State);
        Assert.Throws<JobStateException>(() => running.Reconnect());
    }

    [Fact]
    public void The_first_who_wants_a_job_to_end_is_remembered()
    {
        var job = new Job { State = JobState.Running }.Cancel("ada", At).Cancel("grace", At.AddHours(1));

        Assert.Equal((JobState.Running, "ada", At), (job.State, job.CancelledBy, job.CancelRequestedAt));
    }
}
