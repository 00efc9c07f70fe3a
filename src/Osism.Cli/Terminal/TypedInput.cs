namespace Osism.Cli.Terminal;

/// <summary>Waits for a person. Reading from a terminal cannot be cancelled, so it is done by a thread that ends with the program.</summary>
internal static class TypedInput
{
    /// <exception cref="OperationCanceledException">A signal came first.</exception>
    public static T Read<T>(Func<T> read, CancellationToken cancellationToken)
    {
        // Not disposed: the thread may set it after nobody waits any more.
        var done = new ManualResetEventSlim();
        Exception? failure = null;
        T answer = default!;
        var reader = new Thread(() =>
        {
            try
            {
                answer = read();
            }
            catch (Exception e)
            {
                failure = e;
            }

            done.Set();
        })
        { IsBackground = true };
        reader.Start();
        done.Wait(cancellationToken);
        return failure is null ? answer : throw new IOException($"stdin cannot be read: {failure.Message}", failure);
    }
}
