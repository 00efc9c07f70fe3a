using System.Text;
using Osism.Cli.Terminal;

namespace Osism.Cli.Jobs.Following;

/// <summary>What to do with a running job when somebody pressed Ctrl-C.</summary>
internal enum InterruptChoice
{
    Continue,
    Detach,
    Cancel,
}

/// <summary>Asks the person at the terminal. A second Ctrl-C while the question stands detaches.</summary>
internal sealed class InterruptQuestion(CliContext cli)
{
    /// <summary>Follows something, and asks at each Ctrl-C whether to go on with it.</summary>
    /// <param name="what">What goes on by itself: a job, a run.</param>
    /// <param name="follow">Watches it to its end; begun again after the person chose to keep following or to cancel.</param>
    /// <param name="cancel">Asks the manager to end it.</param>
    /// <param name="cancellationToken">Leaves with an exception.</param>
    /// <returns>What <paramref name="follow"/> gave, or null when the client left.</returns>
    public T? While<T>(string what, Func<CancellationToken, T> follow, Action cancel, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            while (true)
            {
                var asked = cli.Screen.MayAsk ? cli.Interrupts.Ask() : CancellationToken.None;
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, cli.Interrupts.Leave, asked);
                try
                {
                    return follow(stop.Token);
                }
                catch (OperationCanceledException) when (cli.Interrupts.Leave.IsCancellationRequested)
                {
                    return null;
                }
                catch (OperationCanceledException) when (asked.IsCancellationRequested)
                {
                    switch (Ask(what))
                    {
                        case InterruptChoice.Detach:
                            return null;
                        case InterruptChoice.Cancel:
                            cancel();
                            break;
                    }

                    cli.Interrupts.Answered();
                }
            }
        }
        finally
        {
            cli.Interrupts.DoNotAsk();
            cli.Talk.ClearStatus();
        }
    }

    private InterruptChoice Ask(string what)
    {
        while (true)
        {
            cli.Talk.Ask($"\n{what} goes on by itself: [d]etach, [c]ancel it, [Enter] keep following? ");
            string? line;
            try
            {
                line = TypedInput.Read(ReadLine, cli.Interrupts.Leave);
            }
            catch (OperationCanceledException)
            {
                cli.Talk.Write("");
                return InterruptChoice.Detach;
            }

            switch (line?.Trim().ToLowerInvariant())
            {
                case "":
                    return InterruptChoice.Continue;
                case null or "d" or "detach":
                    return InterruptChoice.Detach;
                case "c" or "cancel":
                    return InterruptChoice.Cancel;
            }
        }
    }

    /// <returns>Null at the end of the input.</returns>
    private string? ReadLine()
    {
        var bytes = new List<byte>();
        int next;
        while ((next = cli.Input.ReadByte()) is >= 0 and not '\n')
            bytes.Add((byte)next);
        return next < 0 && bytes.Count == 0 ? null : Encoding.UTF8.GetString([.. bytes]);
    }
}
