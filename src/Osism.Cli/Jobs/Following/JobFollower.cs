using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Jobs.Following;

/// <summary>Shows the output of one job while it grows, until the job has ended or somebody leaves. Nothing here ends a job, except when
/// a person answers that it should be.</summary>
/// <param name="silence">After this long without output a line says what the job is doing; zero = never.</param>
internal sealed class JobFollower(CliContext cli, TimeSpan silence)
{
    /// <summary>One long poll; a watcher costs the manager one request in this time.</summary>
    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(20);

    /// <summary>One look at the queue while a person watches a job wait.</summary>
    private static readonly TimeSpan ShortPoll = TimeSpan.FromSeconds(1);

    private readonly Reconnection _reconnection = new(cli);
    private readonly InterruptQuestion _question = new(cli);
    private long _position;
    private long _lastSign;

    /// <summary>Follows a job from a byte of its output on.</summary>
    /// <param name="receive">Is given every byte once and in order.</param>
    /// <returns>The job as it ended, or null when the client left it.</returns>
    /// <exception cref="ProblemException">There is no such job, or the manager stayed away.</exception>
    public JobInfo? Follow(
        Guid id, long offset, Action<ReadOnlyMemory<byte>> receive, CancellationToken cancellationToken)
    {
        _position = offset;
        _lastSign = cli.Time.GetTimestamp();
        var watching = cli.Screen.ErrorIsTerminal;
        return _question.While($"job {id}", stop => ToEnd(id, receive, watching, stop), () => Cancel(id), cancellationToken);
    }

    private JobInfo ToEnd(Guid id, Action<ReadOnlyMemory<byte>> receive, bool watching, CancellationToken cancellationToken)
    {
        var waits = watching;
        while (true)
        {
            var began = cli.Time.GetTimestamp();
            var before = _position;
            var wait = Shorter(waits ? ShortPoll : LongPoll);
            var head = _reconnection.Try(
                () => cli.Api.GetOutput(id, _position, wait, bytes => Receive(bytes, receive), cancellationToken), cancellationToken);
            if (head.Complete && _position >= head.Length)
                return End(id, cancellationToken);

            waits = watching && _position == 0 && head.State is JobState.Queued;
            if (waits)
                cli.Talk.Status(JobText.Waiting(Job(id, TimeSpan.Zero, cancellationToken)));
            else
                cli.Talk.ClearStatus();
            Notice(id, cancellationToken);

            // An answer without bytes that came early: keep the pace even if the other end does not.
            if (_position == before && cli.Time.GetElapsedTime(began) < wait / 2)
                CliContext.Pause(ShortPoll / 4, cancellationToken);
        }
    }

    /// <summary>The output is complete; the job's end is about to be written.</summary>
    private JobInfo End(Guid id, CancellationToken cancellationToken)
    {
        while (true)
        {
            var began = cli.Time.GetTimestamp();
            var wait = Shorter(LongPoll);
            var job = Job(id, wait, cancellationToken);
            if (job.State.IsTerminal())
                return job;
            Notice(id, cancellationToken);
            if (cli.Time.GetElapsedTime(began) < wait / 2)
                CliContext.Pause(ShortPoll / 4, cancellationToken);
        }
    }

    private void Receive(ReadOnlyMemory<byte> bytes, Action<ReadOnlyMemory<byte>> receive)
    {
        cli.Talk.ClearStatus();
        receive(bytes);
        _position += bytes.Length;
        _lastSign = cli.Time.GetTimestamp();
    }

    private void Notice(Guid id, CancellationToken cancellationToken)
    {
        if (silence == TimeSpan.Zero || cli.Time.GetElapsedTime(_lastSign) < silence)
            return;
        var job = Job(id, TimeSpan.Zero, cancellationToken);
        cli.Talk.Say($"no output for {Times.Duration(silence)}: job {id} is {JobText.Doing(job)}");
        _lastSign = cli.Time.GetTimestamp();
    }

    private void Cancel(Guid id)
    {
        var cancellationToken = cli.Interrupts.Leave;
        try
        {
            _reconnection.Try(
                () => cli.Api.Send("POST", ApiRoutes.Cancel(id), json => JobJson.Write(json, new CancelJob("Ctrl-C in osism")), cancellationToken),
                cancellationToken);
            cli.Talk.Say($"job {id} is being cancelled");
        }
        catch (ProblemException e) when (e.Problem.Code == ErrorCodes.JobWrongState.Code)
        {
            // It ended while the question stood; its end is shown next.
        }
    }

    private JobInfo Job(Guid id, TimeSpan wait, CancellationToken cancellationToken) =>
        _reconnection.Try(
            () => cli.Api.Get(
                wait > TimeSpan.Zero ? ApiRoutes.JobEnd(id, (int)wait.TotalSeconds) : ApiRoutes.Job(id), JobJson.Read, cancellationToken),
            cancellationToken);

    /// <summary>No poll waits past the next notice.</summary>
    private TimeSpan Shorter(TimeSpan wait)
    {
        if (silence == TimeSpan.Zero)
            return wait;
        var left = silence - cli.Time.GetElapsedTime(_lastSign);
        return left >= wait ? wait : left < ShortPoll ? ShortPoll : TimeSpan.FromSeconds(Math.Ceiling(left.TotalSeconds));
    }
}
