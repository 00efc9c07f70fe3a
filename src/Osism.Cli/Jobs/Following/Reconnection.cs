using Osism.Cli.Api;
using Osism.Cli.Formats;

namespace Osism.Cli.Jobs.Following;

/// <summary>Calls that may be made again, such as those about a job that goes on without us: when the manager is being restarted they are, for a while.</summary>
/// <param name="cli">Whom it is told.</param>
/// <param name="meanwhile">What need not worry the operator.</param>
internal sealed class Reconnection(CliContext cli, string meanwhile = "the job goes on")
{
    /// <summary>How long the manager may be away before we give up: an upgrade with a migration fits into it.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <exception cref="ProblemException">The manager refused, or stayed away for <see cref="Limit"/>.</exception>
    public T Try<T>(Func<T> call, CancellationToken cancellationToken)
    {
        var began = cli.Time.GetTimestamp();
        var told = false;
        while (true)
        {
            try
            {
                var answer = call();
                if (told)
                    cli.Talk.Say("the manager answers again");
                return answer;
            }
            catch (ProblemException e) when (e.MayPass)
            {
                // A long poll that was cut off has used up time in which all was well.
                if (!told)
                    began = cli.Time.GetTimestamp();
                else if (cli.Time.GetElapsedTime(began) > Limit)
                    throw;
                if (!told)
                    cli.Talk.Say($"the manager is away ({e.Problem.Code}); {meanwhile}. Trying again for {Times.Duration(Limit)}");
                told = true;
            }

            CliContext.Pause(Pause, cancellationToken);
        }
    }
}
