namespace Osism.Tests.Jobs;

/// <summary>A clock that counts and cannot be set, moved by hand.</summary>
internal sealed class HandClock : TimeProvider
{
    /// <summary>Since the test began.</summary>
    public TimeSpan Elapsed { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Elapsed.Ticks;
}
