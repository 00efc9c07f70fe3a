using System.CommandLine;

namespace Osism.Cli.Workers;

/// <summary><c>osism worker TYPE</c> and <c>osism service TYPE</c>: parts of the manager as processes of their own, as the original starts them.</summary>
internal static class ServiceCommands
{
    private static readonly string[] Queues =
        ["osism-ansible", "kolla-ansible", "ceph-ansible", "osism-kubernetes", "conductor", "netbox", "openstack", "reconciler"];

    private static readonly string[] Services = ["api", "beat", "console", "flower", "listener", "reconciler", "watchdog"];

    public static Command CreateWorker(CliContext cli)
    {
        var type = new Argument<string>("type") { Description = "The queue it works for" };
        type.AcceptOnlyFromAmong(Queues);
        var number = new Option<int?>("--number-of-workers", "-n") { Description = "Jobs it runs at a time; default the setting worker.slots" };
        number.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && (!int.TryParse(token.Value, out var value) || value is < 1 or > 256))
                result.AddError("--number-of-workers must be 1 to 256.");
        });
        var command = new Command("worker", "Becomes 'osismd --roles worker:TYPE' in the foreground.") { type, number };
        command.SetAction(parsed => DaemonStart.Become($"worker:{parsed.GetValue(type)}", parsed.GetValue(number)));
        return command;
    }

    public static Command CreateService(CliContext cli)
    {
        var type = new Argument<string>("type") { Description = "The service" };
        type.AcceptOnlyFromAmong(Services);
        var command = new Command("service", "Becomes 'osismd --roles TYPE' in the foreground; flower shows the workers until Ctrl-C.") { type };
        command.SetAction(parsed => parsed.GetValue(type) is var name && name == "flower"
            ? WorkerView.Run(cli, cli.Interrupts.Leave)
            : DaemonStart.Become(name!, slots: null));
        return command;
    }
}
