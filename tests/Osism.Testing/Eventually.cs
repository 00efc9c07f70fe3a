namespace Osism.Testing;

/// <summary>Waits that are bounded and say what they waited for.</summary>
public static class Eventually
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    /// <exception cref="TimeoutException">It did not become true within <see cref="Bounds.Usual"/>; the message names <paramref name="what"/>.</exception>
    public static Task TrueAsync(Func<bool> condition, string what, CancellationToken cancellationToken) =>
        TrueAsync(what, condition, Bounds.Usual, cancellationToken);

    /// <exception cref="TimeoutException">It did not become true within <see cref="Bounds.Usual"/>; the message names <paramref name="what"/>.</exception>
    public static Task TrueAsync(Func<Task<bool>> condition, string what, CancellationToken cancellationToken) =>
        TrueAsync(what, _ => condition(), Bounds.Usual, cancellationToken);

    /// <exception cref="TimeoutException">The condition did not hold within <paramref name="timeout"/>; names <paramref name="what"/>.</exception>
    public static Task TrueAsync(string what, Func<bool> condition, TimeSpan timeout, CancellationToken cancellationToken) =>
        TrueAsync(what, _ => Task.FromResult(condition()), timeout, cancellationToken);

    /// <exception cref="TimeoutException">The condition did not hold within <paramref name="timeout"/>; names <paramref name="what"/>.</exception>
    public static Task TrueAsync(
        string what, Func<CancellationToken, Task<bool>> condition, TimeSpan timeout, CancellationToken cancellationToken) =>
        SomeAsync(what, async token => await condition(token) ? new object() : null, timeout, cancellationToken);

    /// <summary>The first value that is not null.</summary>
    /// <exception cref="TimeoutException">There was none within <paramref name="timeout"/>; names <paramref name="what"/>.</exception>
    public static async Task<T> SomeAsync<T>(
        string what, Func<CancellationToken, Task<T?>> look, TimeSpan timeout, CancellationToken cancellationToken)
        where T : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        using var timer = new PeriodicTimer(Step);
        try
        {
            do
            {
                if (await look(limit.Token) is { } value)
                {
                    return value;
                }
            }
            while (await timer.WaitForNextTickAsync(limit.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The limit, not the caller.
        }

        throw new TimeoutException($"Waited {timeout.TotalSeconds:0.#} s in vain: {what}");
    }
}
