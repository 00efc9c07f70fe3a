namespace Osism.Daemon.Recording;

/// <summary>Numbers of the rows below a playbook: those of one playbook lie side by side, and rise with time.</summary>
internal static class RecordingIds
{
    /// <summary>The last number of a child of each kind that one playbook can have.</summary>
    public const int LastChild = (1 << Bits) - 1;

    private const int Bits = 24;

    /// <param name="playbook">Number of the playbook, from 1.</param>
    /// <param name="child">Which of its plays, tasks, hosts, results or files, from 1.</param>
    public static long Of(long playbook, int child) => (playbook << Bits) | (long)child;

    public static long PlaybookOf(long id) => id >> Bits;

    /// <summary>The n in the number of a child.</summary>
    public static int ChildOf(long id) => (int)(id & LastChild);

    /// <summary>First and last number that a child of the playbook can have.</summary>
    public static (long First, long Last) RangeOf(long playbook) => (playbook << Bits, (playbook << Bits) | LastChild);
}
