using FsCheck;
using FsCheck.Fluent;

namespace Osism.Tests.Jobs.Model;

/// <summary>The engine's real SQL in PostgreSQL against what must always hold, over random walks with the clock in the test's hand.</summary>
public sealed class JobModelTests
{
    private const int Walkers = 4;
    private const int Walks = 440;
    private const int Length = 250;

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_is_done_in_any_order_at_any_time_everything_that_must_hold_does()
    {
        var walks = new Queue<ModelStep[]>(Chance.Sample(Gen.ArrayOf(Steps, Length), Walks));
        Assert.True(walks.Sum(walk => walk.Length) >= 100_000);
        var done = new Dictionary<Deed, int>();
        await Task.WhenAll(Enumerable.Range(0, Walkers).Select(_ => Task.Run(async () =>
        {
            await using var walker = await ModelWalk.CreateAsync(_token);
            while (Next() is { } steps)
            {
                if (await walker.WalkAsync(steps) is { } fault)
                {
                    lock (walks)
                    {
                        walks.Clear();
                    }

                    var shortest = await ShrinkAsync(walker, steps);
                    Assert.Fail($"{fault}\nthe shortest walk to a fault, {await walker.WalkAsync(shortest)}:\n[{string.Join(", ", shortest.Select(step => step.ToString()))}]");
                }
            }

            lock (done)
            {
                foreach (var (deed, count) in walker.Done)
                {
                    done[deed] = done.GetValueOrDefault(deed) + count;
                }
            }
        }, _token)));

        // Every deed was one that did something, many times.
        Assert.All(Enum.GetValues<Deed>(), deed => Assert.True(done.GetValueOrDefault(deed) > 50, $"{deed} happened {done.GetValueOrDefault(deed)} times"));

        ModelStep[]? Next()
        {
            lock (walks)
            {
                return walks.TryDequeue(out var steps) ? steps : null;
            }
        }
    }

    private static Gen<ModelStep> Steps =>
        from deed in Gen.Frequency(
            (4, Gen.Constant(Deed.Submit)), (3, Gen.Constant(Deed.SubmitTiny)), (3, Gen.Constant(Deed.SubmitHanded)), (6, Gen.Constant(Deed.SubmitKeyed)), (6, Gen.Constant(Deed.SubmitByHosts)),
            (4, Gen.Constant(Deed.SubmitGraph)), (4, Gen.Constant(Deed.SubmitPolicy)), (18, Gen.Constant(Deed.Claim)), (5, Gen.Constant(Deed.Turn)),
            (7, Gen.Constant(Deed.Run)), (22, Gen.Constant(Deed.End)), (3, Gen.Constant(Deed.EndStale)), (5, Gen.Constant(Deed.Adopt)),
            (4, Gen.Constant(Deed.Requeue)), (4, Gen.Constant(Deed.Disconnect)), (8, Gen.Constant(Deed.Reconnect)), (4, Gen.Constant(Deed.Cancel)),
            (2, Gen.Constant(Deed.Forget)), (2, Gen.Constant(Deed.Lock)), (3, Gen.Constant(Deed.Unlock)), (4, Gen.Constant(Deed.Advance)),
            (4, Gen.Constant(Deed.Renew)), (2, Gen.Constant(Deed.Sweep)))
        from a in Gen.Choose(0, 999)
        from b in Gen.Choose(0, 999)
        from c in Gen.Choose(0, 999)
        select new ModelStep(deed, a, b, c);

    /// <summary>Leaves out ever smaller parts as long as something is still at fault.</summary>
    private static async Task<ModelStep[]> ShrinkAsync(ModelWalk walker, ModelStep[] steps)
    {
        for (var size = steps.Length / 2; size > 0; size /= 2)
        {
            for (var from = 0; from < steps.Length;)
            {
                ModelStep[] shorter = [.. steps[..from], .. steps[Math.Min(from + size, steps.Length)..]];
                if (await walker.WalkAsync(shorter) is null)
                {
                    from += size;
                }
                else
                {
                    steps = shorter;
                }
            }
        }

        return steps;
    }
}
