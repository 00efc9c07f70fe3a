using System.Reflection;
using Osism.Daemon.Jobs;
using Osism.Testing;

namespace Osism.Tests.Jobs;

/// <summary>Signals inside the process.</summary>
public sealed class JobSignalsTests
{
    private static readonly TimeSpan Patience = Bounds.Long;

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly JobSignals _signals = new();

    [Fact]
    public async Task What_happens_between_taking_a_signal_and_awaiting_it_is_not_missed()
    {
        var id = Guid.NewGuid();
        using var watch = _signals.WatchJob(id);
        var (queued, changed) = (_signals.NextQueued(), watch.Next);

        _signals.Queued();
        _signals.Changed(id);

        await Task.WhenAll(queued, changed).WaitAsync(Patience, _token);
        Assert.False(_signals.NextQueued().IsCompleted);
        Assert.False(watch.Next.IsCompleted);
    }

    [Fact]
    public async Task What_another_process_said_wakes_those_who_wait_and_is_not_told_on()
    {
        var (queued, told) = (_signals.NextQueued(), 0);
        _signals.QueuedHere += () => told++;

        _signals.QueuedElsewhere();
        await queued.WaitAsync(Patience, _token);
        Assert.Equal(0, told);

        _signals.Queued();
        Assert.Equal(1, told);
    }

    [Fact]
    public void A_wish_to_end_a_job_reaches_everybody_who_asked_for_it_with_its_author()
    {
        var (id, heard) = (Guid.NewGuid(), new List<(Guid, string)>());
        _signals.CancelWanted(id, "nobody hears it");
        _signals.CancelWantedHere += (job, by) => heard.Add((job, by));
        _signals.CancelWantedHere += (job, by) => heard.Add((job, by));

        _signals.CancelWanted(id, "ada");

        Assert.Equal([(id, "ada"), (id, "ada")], heard);
    }

    [Fact]
    public async Task Who_is_woken_does_not_hold_up_who_wakes()
    {
        var id = Guid.NewGuid();
        using var watch = _signals.WatchJob(id);
        using var go = new ManualResetEventSlim();
        Task[] woken =
        [
            WaitAsync(watch.Next),
            WaitAsync(_signals.NextQueued()),
        ];

        var waking = Task.Run(
            () =>
            {
                _signals.Changed(id);
                _signals.Queued();
            },
            _token);
        try
        {
            await waking.WaitAsync(Patience, _token);
        }
        finally
        {
            go.Set();
        }

        await Task.WhenAll(woken).WaitAsync(Patience, _token);

        async Task WaitAsync(Task signal)
        {
            await signal.ConfigureAwait(false);
            go.Wait(_token);
        }
    }

    [Fact]
    public async Task All_who_watch_one_job_hear_of_it_also_when_others_have_left()
    {
        var id = Guid.NewGuid();
        var first = _signals.WatchJob(id);
        using var second = _signals.WatchJob(id);
        using var third = _signals.WatchJob(id);
        var changes = new[] { first.Next, second.Next, third.Next };

        _signals.Changed(id);
        await Task.WhenAll(changes).WaitAsync(Patience, _token);

        first.Dispose();
        var (again, last) = (second.Next, third.Next);
        _signals.Changed(id);
        await Task.WhenAll(again, last).WaitAsync(Patience, _token);
    }

    [Fact]
    public void A_change_of_another_job_wakes_nobody()
    {
        using var watch = _signals.WatchJob(Guid.NewGuid());
        var changed = watch.Next;

        _signals.Changed(Guid.NewGuid());

        Assert.False(changed.IsCompleted);
    }

    [Fact]
    public async Task No_watcher_misses_the_last_of_many_changes_made_by_others()
    {
        const int Changes = 20_000;
        var (id, counter) = (Guid.NewGuid(), 0);
        var watchers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            using var watch = _signals.WatchJob(id);
            while (true)
            {
                var changed = watch.Next;
                if (Volatile.Read(ref counter) == Changes)
                {
                    return;
                }

                await changed.WaitAsync(Patience, _token);
            }
        }, _token)).ToList();

        for (var i = 0; i < Changes; i++)
        {
            Interlocked.Increment(ref counter);
            _signals.Changed(id);
        }

        await Task.WhenAll(watchers);
    }

    [Fact]
    public async Task Watchers_that_come_and_go_all_hear_and_leave_nothing_behind()
    {
        var id = Guid.NewGuid();
        using var stop = new CancellationTokenSource();
        var raising = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                _signals.Changed(id);
            }
        }, _token);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
            {
                using var watch = _signals.WatchJob(id);
                await watch.Next.WaitAsync(Patience, _token);
            }
        }, _token)));

        await stop.CancelAsync();
        await raising;
        Assert.Equal(0, Watched());
    }

    [Fact]
    public async Task Who_comes_while_the_last_one_leaves_hears_of_the_next_change()
    {
        const int Rounds = 50_000;
        using var together = new Barrier(2);
        var ids = Enumerable.Range(0, Rounds).Select(_ => Guid.NewGuid()).ToArray();
        var leaving = new JobSignals.Watch?[Rounds];
        var missed = 0;
        var others = Task.Factory.StartNew(
            () =>
            {
                for (var round = 0; round < Rounds; round++)
                {
                    leaving[round] = _signals.WatchJob(ids[round]);
                    together.SignalAndWait(_token);
                    leaving[round]!.Dispose();
                    together.SignalAndWait(_token);
                }
            },
            _token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        for (var round = 0; round < Rounds; round++)
        {
            together.SignalAndWait(_token);
            using var coming = _signals.WatchJob(ids[round]);
            var changed = coming.Next;
            together.SignalAndWait(_token);
            _signals.Changed(ids[round]);
            missed += changed.IsCompleted ? 0 : 1;
        }

        await others;
        Assert.Equal(0, missed);
        Assert.Equal(0, Watched());
    }

    [Fact]
    public void The_table_holds_a_job_as_long_as_somebody_watches_it()
    {
        var id = Guid.NewGuid();
        using (_signals.WatchJob(id))
        {
            using (_signals.WatchJob(id))
            {
                Assert.Equal(1, Watched());
            }

            Assert.Equal(1, Watched());
        }

        Assert.Equal(0, Watched());
    }

    private int Watched() =>
        ((System.Collections.ICollection)typeof(JobSignals).GetField("_jobs", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(_signals)!).Count;
}
