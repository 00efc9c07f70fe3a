using System.Text.Json;
using Osism.Contracts;
using Osism.SystemTests.Lab;

namespace Osism.SystemTests.Ansible;

/// <summary><c>osism apply --explain</c> prints the very object that is executed.</summary>
[Collection(Collections.Site)]
public sealed class ExplainTests(SiteFixture site)
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Arguments_folder_and_environment_are_those_of_the_live_process()
    {
        var run = site.Hold();
        string[] command = ["hold", .. run.Arguments, "-e", "{\"odd\": \"$(x) 'y' \\\"z\\\"\"}"];
        var explained = await site.Cli.MustAsync(_token, ["apply", "--explain", "--format", "json", .. command]);
        var plan = JsonSerializer.Deserialize(explained.Text, OsismJson.Default.RunPlanInfo)!;
        var id = await site.Daemon.SubmitAsync(_token, command);
        await run.BeganAsync(_token);

        var process = AttemptProcesses.Playbook(site.Daemon, id);
        var arguments = AttemptProcesses.Read(process, "cmdline").TrimEnd('\0').Split('\0');
        var folder = new FileInfo($"/proc/{process}/cwd").LinkTarget;
        var environment = AttemptProcesses.Read(process, "environ").TrimEnd('\0').Split('\0').Order(StringComparer.Ordinal).ToArray();
        run.Go();

        // The kernel puts the interpreter of a script in front.
        Assert.Contains("python", arguments[0], StringComparison.Ordinal);
        Assert.Equal(plan.Argv.Select(value => OfAttempt(value, id)), arguments[1..]);
        Assert.Equal(plan.Cwd, folder);
        Assert.Equal(
            plan.Env.Select(pair => $"{pair.Key}={OfAttempt(pair.Value, id)}").Order(StringComparer.Ordinal), environment);

        // What is kept of the run is the same object.
        await site.Daemon.EndAsync(id, _token);
        var kept = await site.Daemon.GetAsync($"{ApiRoutes.Job(id)}/plan", OsismJson.Default.RunPlanInfo, _token);
        Assert.Equal(arguments[1..], kept.Argv);
        Assert.Equal(plan.ExtraVarsFiles, kept.ExtraVarsFiles);
    }

    [Fact]
    public async Task A_lock_is_shown_and_does_not_refuse()
    {
        const string Name = "environments/custom/.lock";
        await site.Pod.WriteAsync(Name, "later\n", _token);
        try
        {
            var explained = await site.Cli.MustAsync(_token, "apply", "--explain", "--format", "json", "hello");

            var plan = JsonSerializer.Deserialize(explained.Text, OsismJson.Default.RunPlanInfo)!;
            Assert.Equal(["environment/custom"], plan.Locks.Where(held => held.Held).Select(held => held.Key));
        }
        finally
        {
            File.Delete(site.Pod.PathOf(Name));
        }
    }

    // There is no attempt yet when a run is explained: the nil UUID stands for it, and its control folder for that of the attempt.
    private static string OfAttempt(string value, Guid id) => value
        .Replace($"{Guid.Empty}.1", $"{id}.1", StringComparison.Ordinal)
        .Replace(AttemptProcesses.ControlFolder(Guid.Empty, 1), AttemptProcesses.ControlFolder(id, 1), StringComparison.Ordinal);
}
