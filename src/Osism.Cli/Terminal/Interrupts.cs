using System.Runtime.InteropServices;
using Osism.Contracts;

namespace Osism.Cli.Terminal;

/// <summary>Signals that ask the client to go. They never end a job: a client only leaves it, or is asked what it should do.</summary>
internal sealed class Interrupts : IDisposable
{
    /// <summary>How long the client may take to say goodbye before it is gone.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _leave = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private volatile CancellationTokenSource? _question;
    private Action? _end;
    private Timer? _farewell;

    /// <summary>Cancelled when the client has to go.</summary>
    public CancellationToken Leave => _leave.Token;

    /// <summary>To be the first thing the program does: a signal before it would end the client without a word.</summary>
    public static Interrupts Install()
    {
        var interrupts = new Interrupts { _end = () => Environment.Exit(ExitCode.Detached) };
        interrupts.Listen(PosixSignal.SIGINT);
        interrupts.Listen(PosixSignal.SIGTERM);
        interrupts.Listen(PosixSignal.SIGHUP);
        return interrupts;
    }

    /// <summary>From now on a SIGINT cancels the returned token instead of <see cref="Leave"/>; one more before <see cref="Answered"/> leaves.</summary>
    public CancellationToken Ask() => (_question ??= new CancellationTokenSource()).Token;

    /// <summary>The person said to go on: the next SIGINT asks again, on the token that <see cref="Ask"/> then gives.</summary>
    public void Answered() => _question = new CancellationTokenSource();

    /// <summary>A SIGINT leaves again.</summary>
    public void DoNotAsk() => _question = null;

    /// <summary>What a signal does.</summary>
    public void Raise(PosixSignal signal)
    {
        if (signal == PosixSignal.SIGINT && _question is { IsCancellationRequested: false } asked)
        {
            asked.Cancel();
            return;
        }

        if (_leave.IsCancellationRequested)
            return;
        // A write to a stopped terminal cannot be cancelled; the timer ends it.
        if (_end is not null)
            _farewell = new Timer(_ => _end(), null, Farewell, Timeout.InfiniteTimeSpan);
        _leave.Cancel();
    }

    private void Listen(PosixSignal signal) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            Raise(context.Signal);
        }));

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _farewell?.Dispose();
        _question?.Dispose();
        _leave.Dispose();
    }
}
