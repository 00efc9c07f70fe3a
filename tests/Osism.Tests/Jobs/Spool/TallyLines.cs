using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Recording.Events;

namespace Osism.Tests.Jobs.Spool;

/// <summary>Gives a tally the lines of a file in pieces.</summary>
internal static class TallyLines
{
    public static void Add(this EventTally tally, LineAssembler lines, ReadOnlySpan<byte> bytes) => lines.Add(bytes, line =>
    {
        if (RunEventReader.Read(line) is { } @event)
        {
            tally.Add(@event);
        }
    });
}
