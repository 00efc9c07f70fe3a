namespace Osism.Daemon.Jobs;

/// <summary>One worker process, as the <c>worker</c> table knows it. A restart is another identity with the same name.</summary>
/// <param name="Id">This instance.</param>
/// <param name="Name">Shown beside the jobs it ran.</param>
/// <param name="Machine">Identity of the <c>OSISM_HOME</c> its spool lies in: who shares it can adopt its runs.</param>
/// <param name="BootId">Kernel's boot id.</param>
/// <param name="Pid">Process id.</param>
/// <param name="PidStart">Start time of the process in clock ticks after boot.</param>
internal sealed record WorkerIdentity(Guid Id, string Name, string Machine, string BootId, int Pid, long PidStart);
