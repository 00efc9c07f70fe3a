using Microsoft.Extensions.Logging.Abstractions;
using Osism.Contracts;
using Osism.Daemon.Configuration;
using Osism.Daemon.Inventory.Lint;
using Osism.Daemon.Platform;
using Osism.Daemon.Setup;

namespace Osism.Daemon.Hosting;

/// <summary><c>osismd init [DIR] ...</c>: from a few answers to a configuration repository with which a manager can begin.</summary>
internal static class InitProgram
{
    /// <summary>First word on the command line.</summary>
    public const string Name = "init";

    private const string Usage = """
        usage: osism init [DIR] [options]; see osism init --help
        """;

    private static readonly string[] Options =
    [
        "--domain", "--node", "--manager", "--internal-address", "--external-address", "--network", "--interface", "--name-server", "--ntp-server", "--timezone", "--release",
        "--operator-user", "--operator-key",
    ];

    /// <exception cref="OsismException">Whatever stands in the way; nothing was made then.</exception>
    public static async Task<int> RunAsync(string[] words)
    {
        if (words is ["--help" or "-h", ..])
        {
            Console.Out.WriteLine(Usage);
            return ExitCode.Success;
        }

        var given = ProgramWords.Parse("osism init", words, Options, ["--without-ceph", "--without-kubernetes", "--yes"], most: 1);
        var settings = DaemonSettings.Read(roles: null);
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(
            given.Others.FirstOrDefault() ?? settings.Values.GetValueOrDefault("configuration:path") ?? ConfigurationRepository.ProductionPath));
        // Nobody should answer questions in vain.
        PodMaker.RequireEmpty(target);
        var plan = Plan(given, target);

        // From here on a Ctrl-C removes what was begun.
        var cancellationToken = StopSignals.Take().Starting;
        try
        {
            using var maker = PodMaker.Begin(target, settings.Environment);
            var values = new Dictionary<string, string?>(settings.Values, StringComparer.OrdinalIgnoreCase) { ["configuration:path"] = maker.Stage };
            await using var app = DaemonApplication.Build(settings with { Values = values, Home = new OsismHome(maker.Scratch) }, NullLoggerProvider.Instance);
            var password = await maker.MakeAsync(plan, cancellationToken);
            var findings = await app.Services.GetRequiredService<UnmanagedCheck>().CheckAsync(password, cancellationToken);
            if (findings.Count > 0)
            {
                throw new OsismException(
                    ErrorCodes.ConfigurationBroken, $"the repository has mistakes and is not kept: {string.Join("; ", findings.Select(finding => $"{finding.File}: {finding.Code}: {finding.Message}"))}");
            }

            await app.Services.GetRequiredService<Failpoints>().ReachAsync("init.made", null, cancellationToken);
            maker.Publish();
        }
        catch (OperationCanceledException e)
        {
            throw new OsismException(ErrorCodes.JobCancelled, "nothing was made", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OsismException(ErrorCodes.RepositoryNotMade, $"{target} could not be made: {e.Message}", e);
        }

        Console.Out.WriteLine(target);
        ManagerProgram.Say(Close(plan, target));
        return ExitCode.Success;
    }

    private static PodPlan Plan(ProgramWords given, string target)
    {
        var request = new PodRequest
        {
            Domain = given["--domain"],
            Nodes = given.Every("--node"),
            Manager = given["--manager"],
            InternalAddress = given["--internal-address"],
            ExternalAddress = given["--external-address"],
            Network = given["--network"],
            Interface = given["--interface"],
            NameServers = given.Every("--name-server"),
            TimeServers = given.Every("--ntp-server"),
            TimeZone = given["--timezone"],
            Release = given["--release"],
            OperatorUser = given["--operator-user"],
            OperatorKey = given["--operator-key"] is { } key ? Path.GetFullPath(key) : null,
            Ceph = !given.Has("--without-ceph"),
            Kubernetes = !given.Has("--without-kubernetes"),
        };
        if (request.Missing is not { Count: > 0 } missing)
            return PodPlan.Of(request);
        if (given.Has("--yes") || Console.IsInputRedirected)
            throw new OsismException(ErrorCodes.RequestInvalid, $"{string.Join(", ", missing)} must be given, as nobody is asked: see osism init --help");
        // What was given is looked at before anything is asked.
        PodPlan.RequireGood(request);
        try
        {
            var plan = PodPlan.Of(new PodInterview(Console.In, Console.Error).Ask(request));
            ManagerProgram.Confirm($"{plan.Nodes.Count} node{(plan.Nodes.Count == 1 ? "" : "s")}, release {plan.Release.Version}: {target} is made");
            return plan;
        }
        catch (EndOfStreamException e)
        {
            throw new OsismException(ErrorCodes.JobCancelled, "nothing was made", e);
        }
    }

    private static string Close(PodPlan plan, string target) => $"""
        It is a git repository with one commit, and was checked. Only in {target}/secrets, which is in no commit: keep a copy elsewhere
          vaultpass            the vault password, which opens every secrets.yml
          id_rsa.operator      with it the manager logs in to the nodes as {plan.OperatorUser}; id_rsa.operator.pub has to be on them
          id_rsa.configuration for a repository on a git server: id_rsa.configuration.pub is to be its deploy key
        Next: start the manager with OSISM_CONFIGURATION={target}, then
          osism vault password set < {target}/secrets/vaultpass
          osism inventory list && osism apply facts
        """;
}
