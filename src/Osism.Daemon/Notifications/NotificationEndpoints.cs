using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Osism.Contracts;
using Osism.Contracts.Notifications;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Http;

namespace Osism.Daemon.Notifications;

/// <summary><c>/v1/notifications</c>: receivers and how they do.</summary>
internal static class NotificationEndpoints
{
    public static void MapNotifications(this IEndpointRouteBuilder app)
    {
        var notifications = app.MapGroup(ApiRoutes.Notifications).WithTags("notifications");
        notifications.MapGet("/", ListAsync).WithSummary("Receivers and how they do");
        notifications.MapPost("/{name}/test", TestAsync).WithSummary("Send a receiver a word now");
    }

    private static async Task<Ok<Page<ReceiverInfo>>> ListAsync(
        NotificationStore store, IOptions<NotificationOptions> options, CancellationToken cancellationToken)
    {
        var states = await store.StatesAsync(cancellationToken);
        return TypedResults.Ok(new Page<ReceiverInfo>(
            [.. options.Value.Receivers.OrderBy(receiver => receiver.Key, StringComparer.Ordinal).Select(receiver =>
            {
                var state = states.GetValueOrDefault(receiver.Key) ?? new ReceiverState();
                var events = ReceiverOptions.Split(receiver.Value.Events);
                return new ReceiverInfo(
                    receiver.Key, receiver.Value.Kind, receiver.Value.Place, events is { Length: > 0 } ? events : ["failure", "loss", "silence", "recovery"],
                    state.Pending, state.Sent, state.Failed, state.LastSentAt, state.LastError);
            })],
            null));
    }

    private static async Task<NoContent> TestAsync(
        string name, HttpContext context, NotificationSender sender, IOptions<NotificationOptions> options, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!options.Value.Receivers.TryGetValue(name, out var receiver))
        {
            throw new OsismException(
                ErrorCodes.ReceiverUnknown,
                $"there is no receiver '{name}'; {(options.Value.Receivers.Count == 0 ? "none is set" : $"there are {string.Join(", ", options.Value.Receivers.Keys)}")}");
        }

        var notice = new Notice(
            "test", "osism/test", null, null, time.GetUtcNow(), $"OSISM: a test by {Caller.Of(context)}", "This is only a test: notifications reach you.\n");
        return await sender.SendAsync($"test-{Guid.CreateVersion7()}", receiver, notice.Title, notice.BodyFor(receiver), cancellationToken) is { } error
            ? throw new OsismException(ErrorCodes.ReceiverFailed, $"the receiver {name} did not take it: {error}")
            : TypedResults.NoContent();
    }
}
