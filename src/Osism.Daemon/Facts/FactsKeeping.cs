using Osism.Daemon.Platform.Database;

namespace Osism.Daemon.Facts;

/// <summary>Takes facts in once for the installation, so that none wait long for a reader.</summary>
internal sealed partial class FactsKeeping(FactsIntake intake, Leadership leadership, TimeProvider time, ILogger<FactsKeeping> log) : BackgroundService
{
    private const string Role = "facts";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => leadership.HoldAsync(Role, (_, token) => WorkAsync(token), stoppingToken);

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await intake.TakeInAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (DatabaseErrors.Explain(e) is not null)
            {
                // Said by those who do more with the database than this.
            }
            catch (Exception e)
            {
                LogBroken(e);
            }

            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Facts could not be taken in")]
    private partial void LogBroken(Exception exception);
}
