namespace Osism.Daemon.Configuration.Sync;

/// <summary>What a sync has to know and to do about runs that read this machine's repository.</summary>
/// <param name="ListAsync">Those that go on now, one line each for people.</param>
/// <param name="HoldAsync">Keeps new ones from starting until what it gives is disposed, or for a short time if nobody does that.</param>
internal sealed record RunsAtRest(
    Func<CancellationToken, Task<IReadOnlyList<string>>> ListAsync, Func<CancellationToken, Task<IAsyncDisposable>> HoldAsync);
