using System.Security.Cryptography;
using System.Text;

namespace Osism.Daemon.Schedules;

/// <summary>An occurrence that is to be decided now.</summary>
/// <param name="At">Its time as the definition gives it, without jitter: its key.</param>
/// <param name="Fire">Whether it is to run; else it was missed.</param>
/// <param name="Detail">One line for people, where there is something to say.</param>
internal sealed record DueOccurrence(DateTimeOffset At, bool Fire, string? Detail);

/// <summary>Which occurrences of a schedule are to be decided. Knows no clock and no store.</summary>
internal static class Due
{
    /// <summary>Occurrences decided in one go; the others follow at once.</summary>
    private const int Most = 60;

    /// <summary>Missed ones are counted up to here.</summary>
    private const int MostCounted = 1000;

    /// <param name="definition">The schedule.</param>
    /// <param name="after">What was due up to here is decided.</param>
    /// <param name="now">The database's time.</param>
    /// <param name="grace">How late an occurrence may be decided and still counts as in time.</param>
    public static IReadOnlyList<DueOccurrence> Find(ScheduleDefinition definition, DateTimeOffset after, DateTimeOffset now, TimeSpan grace)
    {
        var due = new List<DueOccurrence>();
        var border = now - grace - definition.Jitter;
        if (border > after && definition.Rhythm.Latest(border) is { } missed && missed > after)
        {
            due.Add(Missed(definition, after, missed));
            after = missed;
        }

        while (due.Count < Most && definition.Rhythm.Next(after) is { } at && at + Delay(definition, at) <= now)
        {
            due.Add(new DueOccurrence(at, Fire: true, null));
            after = at;
        }

        return due;
    }

    /// <summary>When the next undecided occurrence is to be looked at, its jitter included.</summary>
    public static DateTimeOffset? Next(ScheduleDefinition definition, DateTimeOffset after) =>
        definition.Rhythm.Next(after) is { } at ? at + Delay(definition, at) : null;

    /// <summary>How much later than its time an occurrence starts: any part of the jitter, the same for whoever asks.</summary>
    public static TimeSpan Delay(ScheduleDefinition definition, DateTimeOffset at)
    {
        if (definition.Jitter == TimeSpan.Zero)
        {
            return TimeSpan.Zero;
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{definition.Name} {at.ToUnixTimeMilliseconds()}"));
        return definition.Jitter * (BitConverter.ToUInt32(hash) / (double)uint.MaxValue);
    }

    private static DueOccurrence Missed(ScheduleDefinition definition, DateTimeOffset after, DateTimeOffset latest)
    {
        var count = 0;
        for (var at = definition.Rhythm.Next(after); at <= latest && count < MostCounted; at = definition.Rhythm.Next(at.Value))
        {
            count++;
        }

        var many = count == 1 ? "this one" : $"{(count == MostCounted ? $"{MostCounted} or more" : $"{count}")} since {definition.Rhythm.Next(after):yyyy-MM-dd HH:mm:ss} UTC";
        var fire = definition.Misfire == MisfirePolicy.Once;
        return new DueOccurrence(latest, fire, $"nobody was there to start {many}{(fire ? "; one run for all" : "")}");
    }
}
