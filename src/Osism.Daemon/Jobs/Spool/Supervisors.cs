using System.Text;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Processes;

namespace Osism.Daemon.Jobs.Spool;

/// <summary>Starts the supervisors of attempts. One is there ahead of time and waits: its start, 3 ms, is not on the way of a run.</summary>
/// <remarks>
/// What if we die here? The one that waits sees the end of its stdin and ends. What if it dies? Another is started; should both have been told the
/// same folder, <c>started</c> can be made once only.
/// </remarks>
internal sealed class Supervisors(TimeProvider time) : IDisposable
{
    // Room for the name of a folder, which ps then shows.
    private static readonly string Waiting = "waiting".PadRight(512);

    // The run that was just started comes first.
    private static readonly TimeSpan Courtesy = TimeSpan.FromMilliseconds(100);

    /// <summary>It reads itself whole before it does anything, so an update may replace it.</summary>
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "supervise.pl");

    /// <summary>Perl takes settings from the environment; and it starts quicker without a locale.</summary>
    private static readonly Dictionary<string, string> NoEnvironment = [];

    private readonly Lock _gate = new();
    private WaitingProcess? _waiting;
    private bool _isFilling;
    private bool _isDisposed;

    /// <summary>Pid of the one that waits; null while there is none.</summary>
    public int? WaitingPid => _waiting?.Pid;

    /// <summary>Starts the supervisor and returns when it goes on by itself: not our child, in a session of its own.</summary>
    /// <exception cref="OsismException">It would not start (<c>run.start_failed</c>).</exception>
    public async Task StartAsync(SpoolFolder folder, CancellationToken cancellationToken)
    {
        if (Take() is { } waiting)
        {
            using (waiting)
            {
                var told = await waiting.TellAsync(Encoding.UTF8.GetBytes($"{folder.Path}\0"), cancellationToken);
                Refill();
                if (told.ExitCode == 0)
                {
                    return;
                }
            }
        }

        var launched = await ProcessRunner.RunAsync(Launch(folder), cancellationToken);
        Refill();
        if (launched.ExitCode != 0)
        {
            throw new OsismException(ErrorCodes.RunStartFailed, $"the supervisor did not start: {launched.Error.Trim()}");
        }
    }

    /// <summary>How a supervisor is started that knows its folder.</summary>
    internal static ProcessSpec Launch(SpoolFolder folder) => Spec(folder.Path);

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        Take()?.Dispose();
    }

    private static ProcessSpec Spec(string argument) =>
        new("/usr/bin/perl", [Program, argument]) { Environment = NoEnvironment, OwnSession = false };

    private WaitingProcess? Take()
    {
        var waiting = Interlocked.Exchange(ref _waiting, null);
        if (waiting is not { IsAlive: false })
        {
            return waiting;
        }

        waiting.Dispose();
        return null;
    }

    private void Refill()
    {
        lock (_gate)
        {
            if (_isDisposed || _isFilling || _waiting is not null)
            {
                return;
            }

            _isFilling = true;
        }

        _ = FillAsync();
    }

    private async Task FillAsync()
    {
        await Task.Delay(Courtesy, time);
        lock (_gate)
        {
            _isFilling = false;
            if (_isDisposed)
            {
                return;
            }

            try
            {
                _waiting = ProcessRunner.StartWaiting(Spec(Waiting));
            }
            catch (Exception e) when (e is IOException or System.ComponentModel.Win32Exception)
            {
                // No more processes or files just now: the next run starts its own, or says why it cannot.
            }
        }
    }
}
