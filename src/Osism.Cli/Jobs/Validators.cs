namespace Osism.Cli.Jobs;

/// <summary>Names of <c>osism validate</c> and the roles they stand for.</summary>
internal static class Validators
{
    /// <summary>Of these the kolla runtime looks at the configuration: an action of the service's own role.</summary>
    private static readonly string[] KollaServices =
        ["aodh", "barbican", "blazar", "ceilometer", "designate", "glance", "heat", "ironic", "keystone", "manila", "neutron", "nova", "octavia", "placement"];

    private static readonly (string Name, string Environment)[] Plays =
    [
        ("ceph-connectivity", "ceph"), ("ceph-mgrs", "ceph"), ("ceph-mons", "ceph"), ("ceph-osds", "ceph"), ("container-status", "generic"), ("docker-version", "generic"),
        ("kernel-version", "generic"), ("kolla-connectivity", "kolla"), ("mysql-open-files-limit", "generic"), ("ntp", "generic"), ("stress", "generic"),
        ("system-encoding", "generic"), ("ulimits", "generic"),
    ];

    /// <summary>All there are, by name.</summary>
    public static IReadOnlyList<Validator> All { get; } =
    [
        .. KollaServices.Select(service => new Validator($"{service}-config", service, "kolla", "config_validate"))
            .Append(new Validator("ceph-config", "ceph-validate", "ceph", null))
            .Concat(Plays.Select(play => new Validator(play.Name, $"validate-{play.Name}", play.Environment, null)))
            .OrderBy(validator => validator.Name, StringComparer.Ordinal),
    ];

    /// <summary>The one of a name; a play <c>validate-NAME</c> that a runtime brings besides is one too.</summary>
    public static Validator Find(string name) => All.FirstOrDefault(validator => validator.Name == name) ?? new Validator(name, $"validate-{name}", null, null);
}

/// <param name="Name">As given to <c>osism validate</c>.</param>
/// <param name="Role">As given to <c>osism apply</c>.</param>
/// <param name="Environment">Where it is; null = where the table of roles says.</param>
/// <param name="Action">kolla action.</param>
internal sealed record Validator(string Name, string Role, string? Environment, string? Action);
