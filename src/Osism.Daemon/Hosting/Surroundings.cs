using Microsoft.Extensions.Options;
using Osism.Contracts.Status;
using Osism.Daemon.Configuration;
using Osism.Daemon.Notifications;

namespace Osism.Daemon.Hosting;

/// <summary>What a manager works with and is no part of it, by what came of using it last: its configuration repository and those who are told.</summary>
internal sealed class Surroundings(ConfigurationRepository repository, NotificationStore notifications, IOptions<NotificationOptions> options, TimeProvider time)
{
    private const int ShortCommit = 12;

    public async Task<IReadOnlyList<ComponentInfo>> LookAsync(CancellationToken cancellationToken)
    {
        var parts = new List<ComponentInfo>();
        if (repository.IsHere)
        {
            var state = await repository.DescribeAsync(null, cancellationToken);
            parts.Add(new ComponentInfo(
                "configuration", "repository", "up", state.Commit is { Length: > ShortCommit } commit ? commit[..ShortCommit] : state.Commit, null, time.GetUtcNow(),
                $"{repository.Root}{(state.Dirty == true ? ", with changes that are in no commit" : "")}"));
        }

        var told = await notifications.StatesAsync(cancellationToken);
        foreach (var (name, receiver) in options.Value.Receivers.OrderBy(receiver => receiver.Key, StringComparer.Ordinal))
        {
            var state = told.GetValueOrDefault(name) ?? new ReceiverState();

            // What it did not take is tried again, and the error stays until then.
            var isFailing = state.Pending > 0 && state.LastError is not null;
            parts.Add(new ComponentInfo(
                $"receiver {name}", "external", isFailing ? "degraded" : "up", null, null, state.LastSentAt,
                isFailing ? $"{state.Pending} wait: {state.LastError}" : state.LastSentAt is null ? $"{receiver.Place}, nothing was sent yet" : receiver.Place));
        }

        return parts;
    }
}
