namespace Osism.Daemon.Platform;

/// <summary>This process, as others of the installation know it. A restart is another instance.</summary>
/// <param name="Id">Differs from every other process that ever was.</param>
/// <param name="Name">For people: <c>HOST/PID</c>.</param>
internal sealed record DaemonInstance(Guid Id, string Name)
{
    public static DaemonInstance Current { get; } =
        new(Guid.CreateVersion7(), $"{Environment.MachineName.ToLowerInvariant()}/{Environment.ProcessId}");
}
