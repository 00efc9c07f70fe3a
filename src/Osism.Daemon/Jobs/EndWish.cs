namespace Osism.Daemon.Jobs;

/// <summary>Somebody's wish that a run ends: an operator's cancel or its time limit. The first one counts.</summary>
internal sealed class EndWish
{
    private readonly TaskCompletionSource _wished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AttemptOutcome? _outcome;

    public Task Wished => _wished.Task;

    public bool IsWished => _wished.Task.IsCompleted;

    /// <summary>What the job becomes when the wish is fulfilled; null while there is none.</summary>
    public AttemptOutcome? Outcome => Volatile.Read(ref _outcome);

    public void Wish(AttemptOutcome outcome)
    {
        if (Interlocked.CompareExchange(ref _outcome, outcome, null) is null)
        {
            _wished.TrySetResult();
        }
    }
}
