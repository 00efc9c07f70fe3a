using Osism.Contracts;

namespace Osism.Daemon.Platform.Http;

/// <summary>Requests that are answered when there is something to say.</summary>
internal static class LongPoll
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>How long a request may wait.</summary>
    /// <param name="seconds">As asked for with <c>wait=</c>; more than 60 counts as 60.</param>
    /// <exception cref="OsismException">It is negative or no number (<c>request.invalid</c>).</exception>
    public static TimeSpan Patience(double seconds) => seconds >= 0
        ? TimeSpan.FromSeconds(Math.Min(seconds, Longest.TotalSeconds))
        : throw new OsismException(ErrorCodes.RequestInvalid, $"wait is {seconds}: it must be 0 seconds or more");
}
