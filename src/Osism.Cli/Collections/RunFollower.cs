using Osism.Cli.Api;
using Osism.Cli.Formats;
using Osism.Cli.Jobs;
using Osism.Cli.Jobs.Following;
using Osism.Cli.Terminal;
using Osism.Contracts;
using Osism.Contracts.Collections;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Collections;

/// <summary>Shows a run of a collection until it has ended or somebody leaves: as a graph in place when a person watches, else a line for each node
/// that begins or ends, and the output of each node behind its end. Nothing here ends a run, except when a person answers that it should be.</summary>
/// <param name="silence">After this long without a change a line says what runs; zero = never.</param>
/// <param name="output">Whether stdout gets the outputs.</param>
internal sealed class RunFollower(CliContext cli, TimeSpan silence, bool output)
{
    private const int LongPollSeconds = 20;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);

    private readonly bool _draws = cli.Screen.ErrorIsTerminal && !output && !cli.Talk.Quiet;
    private readonly Reconnection _reconnection = new(cli, "the run goes on");
    private readonly InterruptQuestion _question = new(cli);
    private readonly Dictionary<string, string> _said = new(StringComparer.Ordinal);
    private readonly HashSet<Guid> _printed = [];
    private long _lastSign;

    /// <summary>Follows a run as <c>apply</c> and <c>resume</c> do, and says how it ended.</summary>
    /// <returns>The exit code of the whole, or 130 when the client left.</returns>
    /// <exception cref="ProblemException">There is no such run, or the manager stayed away.</exception>
    public static int FollowAndSay(CliContext cli, Guid id, TimeSpan silence)
    {
        var watched = cli.Screen.ErrorIsTerminal && cli.Screen.OutputIsTerminal;
        try
        {
            if (new RunFollower(cli, silence, output: !watched).Follow(id, CancellationToken.None) is { } run) // Leaves by a signal, which it knows of.
            {
                SayEnd(cli, run, watched);
                return RunText.ToExitCode(run);
            }
        }
        catch (OutputException e) when (e.Closed)
        {
            // Whoever read has gone, so there is nobody to tell either.
            return ExitCode.Detached;
        }

        cli.Talk.Say($"detached: the run goes on; 'osism wait {id}' shows it again");
        return ExitCode.Detached;
    }

    /// <summary>How a run ended and what to do about it.</summary>
    /// <param name="nodes">Whether the nodes that did not succeed are named too.</param>
    public static void SayEnd(CliContext cli, CollectionRunInfo run, bool nodes)
    {
        foreach (var node in run.Nodes.Where(node => nodes && node.State is not ("succeeded" or CollectionNodeStates.Skipped)))
            cli.Talk.Say(RunText.NodeEnd(node));
        cli.Talk.Say(RunText.Summary(run));
        if (run.State != CollectionRunStates.Succeeded)
            cli.Talk.Say($"'osism collection resume {run.Id}' goes on where it stopped");
    }

    /// <returns>The run as it ended, or null when the client left it.</returns>
    /// <exception cref="ProblemException">There is no such run, or the manager stayed away.</exception>
    public CollectionRunInfo? Follow(Guid id, CancellationToken cancellationToken)
    {
        _lastSign = cli.Time.GetTimestamp();
        return _question.While(
            $"run {id}",
            stop =>
            {
                var run = ToEnd(id, stop);
                cli.Talk.Keep();
                return run;
            },
            () => Cancel(id), cancellationToken);
    }

    private CollectionRunInfo ToEnd(Guid id, CancellationToken cancellationToken)
    {
        var view = new RunView(cli);
        var version = "";
        while (true)
        {
            var began = cli.Time.GetTimestamp();
            var wait = _draws ? 1 : silence == TimeSpan.Zero ? LongPollSeconds : Math.Clamp((int)silence.TotalSeconds, 1, LongPollSeconds);
            var run = _reconnection.Try(
                () => cli.Api.Get(ApiRoutes.CollectionRunSince(id, version, wait), CollectionJson.ReadRun, cancellationToken), cancellationToken);
            if (_draws)
                view.Draw(run);
            else
                Tell(run, cancellationToken);
            if (CollectionRunStates.IsEnd(run.State))
                return run;
            if (run.Version != version)
                _lastSign = cli.Time.GetTimestamp();
            else if (silence > TimeSpan.Zero && cli.Time.GetElapsedTime(_lastSign) >= silence)
                Notice(run);
            else if (cli.Time.GetElapsedTime(began) < Pace)
                CliContext.Pause(Pace, cancellationToken);
            version = run.Version;
        }
    }

    private void Notice(CollectionRunInfo run)
    {
        var names = string.Join(", ", run.Nodes.Where(node => node.State is not CollectionNodeStates.Pending && !RunText.IsEnd(node)).Select(node => $"{node.Name} ({RunText.Words(node.State)})"));
        cli.Talk.Say($"no node began or ended for {Times.Duration(silence)}: {names}");
        _lastSign = cli.Time.GetTimestamp();
    }

    private void Tell(CollectionRunInfo run, CancellationToken cancellationToken)
    {
        foreach (var node in run.Nodes)
        {
            var news = $"{node.State} {node.Job}";
            if (_said.TryGetValue(node.Name, out var said) && said == news)
                continue;
            _said[node.Name] = news;
            if (said is not null && Guid.TryParse(said[(said.IndexOf(' ', StringComparison.Ordinal) + 1)..], out var before) && before != node.Job)
                End(before, $"node {node.Name}: job {before} did not succeed, {node.Job} repeats it", cancellationToken);
            if (RunText.IsEnd(node))
                End(node.State == CollectionNodeStates.Skipped ? null : node.Job, RunText.NodeEnd(node), cancellationToken);
            else if (node.State is "running" or "disconnected" or "cancel_failed")
                cli.Talk.Say($"node {node.Name} is {RunText.Words(node.State)} (job {node.Job})");
        }
    }

    /// <summary>A job of a node is over: its output, in one piece, and what became of it.</summary>
    private void End(Guid? job, string line, CancellationToken cancellationToken)
    {
        if (job is { } id && !_printed.Add(id))
            return;
        if (output && job is { } stored)
            TaskOutputCommand.WriteStored(cli, stored, 0, bytes => cli.Output.Write(bytes.Span), cancellationToken);
        cli.Talk.Say(line);
    }

    private void Cancel(Guid id)
    {
        var cancellationToken = cli.Interrupts.Leave;
        try
        {
            _reconnection.Try(
                () => cli.Api.Send("POST", ApiRoutes.CancelCollectionRun(id), json => JobJson.Write(json, new CancelJob("Ctrl-C in osism")), cancellationToken),
                cancellationToken);
            cli.Talk.Say($"run {id} is being cancelled");
        }
        catch (ProblemException e) when (e.Problem.Code == ErrorCodes.CollectionRunWrongState.Code)
        {
            // It ended while the question stood; its end is shown next.
        }
    }
}
