using Osism.Testing;

namespace Osism.Benchmarks.Measuring;

/// <summary>What the measured managers work on.</summary>
internal static class Installation
{
    /// <summary>A program in place of ansible-playbook that says when it began, and writes lines where it is asked to.</summary>
    public static string StandIn { get; } = Checkout.PathOf("benchmarks", "programs", "ansible-playbook");

    /// <summary>As an operator has it; the managers of tests are told otherwise.</summary>
    public static IReadOnlyDictionary<string, string> Usual { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["OSISM_WORKER__REHEARSALS"] = "20" };

    public static IReadOnlyDictionary<string, string> WithStandIn { get; } =
        new Dictionary<string, string>(Usual, StringComparer.Ordinal) { ["OSISM_RUNTIMES__OSISM_ANSIBLE__ANSIBLE_PLAYBOOK"] = StandIn };

    /// <summary>This machine alone, with encrypted secrets, as an operator has it.</summary>
    public static Task<Site> StartAsync(IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken) =>
        Site.StartAsync(0, settings, cancellationToken);
}
