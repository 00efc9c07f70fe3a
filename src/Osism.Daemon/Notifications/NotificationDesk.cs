using System.Text;
using Microsoft.Extensions.Options;
using Osism.Contracts.Jobs;
using Osism.Daemon.Platform.Database;

namespace Osism.Daemon.Notifications;

/// <summary>Tells receivers what happened, once for the installation. Jobs never wait for it: they leave a row and go on.</summary>
internal sealed partial class NotificationDesk(
    NotificationStore store, NotificationSender sender, Leadership leadership, IOptions<NotificationOptions> options, TimeProvider time, ILogger<NotificationDesk> log)
    : BackgroundService
{
    private const string Role = "notifications";
    private const int Batch = 200;

    /// <summary>What a receiver that wants some environments names to be told of the inventory.</summary>
    private const string InventoryEnvironment = "inventory";

    private static readonly TimeSpan Forgetting = TimeSpan.FromHours(1);

    /// <summary>Decides the deliveries of everything new.</summary>
    public async Task DecideAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<NotificationEvent> news;
        do
        {
            news = await store.NewAsync(Batch, cancellationToken);
            foreach (var item in news)
            {
                var notice = Word(item);
                var deliveries = options.Value.Receivers
                    .Where(receiver => receiver.Value.Wants(item.Kind, item.JobId is null ? InventoryEnvironment : item.Environment ?? ""))
                    .Select(receiver => (receiver.Key, notice.Title, notice.BodyFor(receiver.Value)))
                    .ToList();
                await store.TakeAsync(item, deliveries, options.Value.RepeatAfter, cancellationToken);
            }
        }
        while (news.Count == Batch);
    }

    /// <summary>Sends what is due to one receiver.</summary>
    public async Task SendAsync(string name, ReceiverOptions receiver, CancellationToken cancellationToken)
    {
        while (await store.BeginAsync(name, options.Value.RetryAfter, cancellationToken) is { } delivery)
        {
            var error = await sender.SendAsync($"{delivery.CreatedAt.ToUnixTimeMilliseconds()}-{delivery.Id}", receiver, delivery.Title, delivery.Body, cancellationToken);
            var final = delivery.Now - delivery.CreatedAt > options.Value.GiveUpAfter;
            await store.EndAsync(delivery.Id, error, final, cancellationToken);
            if (error is not null && (delivery.Attempts == 1 || final))
            {
                LogFailed(name, error, final ? "it is given up" : "it is tried again");
            }
        }
    }

    /// <summary>Sends what is due to all of them, one after the other.</summary>
    public async Task SendAllAsync(CancellationToken cancellationToken)
    {
        foreach (var (name, receiver) in options.Value.Receivers)
        {
            await SendAsync(name, receiver, cancellationToken);
        }
    }

    /// <summary>Notes running jobs that have written nothing for long.</summary>
    public Task WatchSilenceAsync(CancellationToken cancellationToken) =>
        options.Value.SilenceAfter == TimeSpan.Zero ? Task.CompletedTask : store.NoteSilenceAsync(options.Value.SilenceAfter, cancellationToken);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => leadership.HoldAsync(Role, (_, token) => WorkAsync(token), stoppingToken);

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        // A receiver that is dead holds up nobody but itself.
        var senders = options.Value.Receivers.Select(receiver => KeepAsync(
            options.Value.Poll, token => SendAsync(receiver.Key, receiver.Value, token), cancellationToken));
        await Task.WhenAll(
            [
                KeepAsync(options.Value.Poll, DecideAsync, cancellationToken),
                KeepAsync(TimeSpan.FromSeconds(Math.Clamp(options.Value.SilenceAfter.TotalSeconds / 10, 0.5, 30)), WatchSilenceAsync, cancellationToken),
                KeepAsync(Forgetting, ForgetAsync, cancellationToken),
                .. senders,
            ]);
    }

    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        while (await store.ForgetAsync(cancellationToken) > 0)
        {
            // The rest.
        }
    }

    private async Task KeepAsync(TimeSpan pause, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await work(cancellationToken);
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

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The words of an event.</summary>
    internal static Notice Word(NotificationEvent item)
    {
        if (item.JobId is null)
        {
            return WordInventory(item);
        }

        var state = ((JobState)item.State!).ToWireName();
        var title = item.Kind switch
        {
            "recovery" when item.State == (short)JobState.Running => $"OSISM: {item.Subject} goes on",
            "recovery" => $"OSISM: {item.Subject} works again",
            "silence" => $"OSISM: {item.Subject} is silent",
            _ => $"OSISM: {item.Subject} is {state.Replace('_', ' ')}",
        };
        var text = new StringBuilder();
        if (item.Detail is { Length: > 0 } detail)
        {
            text.Append(detail).Append('\n');
        }

        if (item.Hosts is { Length: > 0 } hosts && item.Kind == "failure")
        {
            text.Append("hosts: ").AppendJoin(", ", hosts).Append('\n');
        }

        text.Append($"job {item.JobId}, {state}");
        if (item.SubmittedBy is { } by)
        {
            text.Append($", submitted by {by}");
        }

        if (item.WorkerName is { } worker)
        {
            text.Append($", on {worker}");
        }

        text.Append($"\n{item.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC; see: osism task show {item.JobId}\n");
        return new Notice(item.Kind, item.Subject, item.JobId, state, item.At, title, text.ToString());
    }

    /// <summary>The sources of the inventory broke, or are whole again.</summary>
    private static Notice WordInventory(NotificationEvent item)
    {
        var isBroken = item.Kind == "failure";
        return new Notice(
            item.Kind, item.Subject, null, isBroken ? "broken" : "current", item.At,
            isBroken ? "OSISM: the sources of the inventory are broken" : "OSISM: the sources of the inventory are whole again",
            $"{item.Detail}\n{item.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC; see: osism inventory revisions\n");
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Receiver {Receiver} did not take a notification ({Reason}); {What}")]
    private partial void LogFailed(string receiver, string reason, string what);

    [LoggerMessage(Level = LogLevel.Error, Message = "Notifications failed; they begin again")]
    private partial void LogBroken(Exception exception);
}
