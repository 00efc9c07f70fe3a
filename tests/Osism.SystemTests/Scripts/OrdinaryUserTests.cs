using System.Text.RegularExpressions;
using Osism.Testing;

namespace Osism.SystemTests.Scripts;

/// <summary><c>./run</c> by somebody who is not root, in a checkout and a home of his own, with nothing in the environment but PATH and HOME.</summary>
public sealed partial class OrdinaryUserTests : IAsyncLifetime
{
    private const string User = "dragon";
    private const string Usual = "/usr/local/bin:/usr/bin:/bin";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly TempFolder _folder = new();
    private readonly int _port = FreePort.Next();

    private string Home => _folder["home/data/osism"];

    public async ValueTask InitializeAsync()
    {
        // With what was built, which is newer there than every source: building is not what is tested.
        await new Command("/bin/sh")
        {
            Arguments =
            [
                "-ec",
                """
                mkdir "$2" "$3"
                tar -C "$1" -cf - --exclude=./.git --exclude=./artifacts . | tar -C "$2" -xpf -
                mkdir "$2/artifacts"
                tar -C "$1" -cf - artifacts/bin/Osism.Cli artifacts/bin/Osism.Daemon artifacts/osism.stamp artifacts/osismd.stamp | tar -C "$2" -xpf -
                touch "$2"/artifacts/*.stamp
                chmod 755 "$2" "$3"
                chown -R "$4:" "$2" "$3"
                """,
                "sh", Checkout.Root, _folder["checkout"], _folder["home"], User,
            ],
        }.MustAsync(_token);
        await new Command("/bin/chmod") { Arguments = ["755", _folder.Path] }.MustAsync(_token);
    }

    public async ValueTask DisposeAsync()
    {
        await Script("clean").RunAsync(CancellationToken.None);
        _folder.Dispose();
    }

    [Fact]
    public async Task He_gets_a_manager_of_his_own_that_has_run_plays_on_this_machine_and_can_stop_and_remove_it()
    {
        var first = await Script().MustAsync(_token);

        Assert.Matches(@"localhost\S* +: \S*ok=1", first.Text);
        Assert.Contains("ready", first.Text, StringComparison.Ordinal);
        Assert.Contains($"http://127.0.0.1:{_port}/healthz", first.Text, StringComparison.Ordinal);
        Assert.Equal(User, await OwnerAsync(Path.Combine(Home, "osismd.sock")));
        var tasks = await TasksAsync();
        Assert.Contains("role: ping", tasks, StringComparison.Ordinal);
        Assert.Contains("role: facts", tasks, StringComparison.Ordinal);
        var before = await StateAsync();

        // The second time there is nothing to do.
        var second = await Script().MustAsync(_token);
        Assert.Single(Progress().Matches(second.Text));
        Assert.Equal(tasks, await TasksAsync());
        Assert.Equal(before, await StateAsync());

        await Script("stop").MustAsync(_token);
        await NothingLivesAsync(Home);
        Assert.Equal(12, (await Osism("status").RunAsync(_token)).ExitCode);

        await Script().MustAsync(_token);
        Assert.Equal(0, (await Osism("apply", "ping").RunAsync(_token)).ExitCode);

        await Script("clean").MustAsync(_token);
        Assert.False(Directory.Exists(Home));
        await NothingLivesAsync(Home);
        await NothingLivesAsync(_folder["checkout"]);
    }

    [Fact]
    public async Task Without_the_packages_he_is_told_the_one_line_that_installs_them_and_nothing_is_made()
    {
        // A PATH without them, and a mount namespace for what is looked for in its place.
        const string Hide = """
            mkdir "$1"
            ln -s /usr/bin/* "$1"
            rm "$1/git" "$1"/ansible*
            mount -t tmpfs none /usr/lib/postgresql
            shift
            exec "$@"
            """;
        var script = As(_folder["programs"], [_folder["checkout/run"]]);

        var result = await new Command("/usr/bin/unshare")
        {
            Arguments = ["--mount", "--propagation", "private", "--", "/bin/sh", "-ec", Hide, "sh", _folder["programs"], script.File, .. script.Arguments],
        }.RunAsync(_token);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal(
            "sudo apt-get install -y --no-install-recommends postgresql ansible-core git",
            Assert.Single(result.Errors.Split('\n'), line => line.Contains("apt-get", StringComparison.Ordinal)).Trim());
        Assert.False(Directory.Exists(Home));
    }

    /// <summary>A process that was told to end may take its last steps after the script has come back.</summary>
    private Task NothingLivesAsync(string folder) => Eventually.TrueAsync(
        $"nothing that names {folder} lives", () => Signals.Naming(folder).Count == 0, Bounds.Long, _token);

    private Command Script(params string[] words) => As(Usual, [_folder["checkout/run"], .. words]);

    private Command Osism(params string[] words) => As(Usual, [_folder["checkout/osism"], .. words]);

    /// <summary>As the user, with an environment of a few words. The home comes from XDG_DATA_HOME.</summary>
    private Command As(string path, string[] command) => new("/usr/bin/setpriv")
    {
        Arguments =
        [
            $"--reuid={User}", $"--regid={User}", "--init-groups", "/bin/sh", "-c", "umask 077; exec \"$@\"", "sh", "/usr/bin/env", "-i", $"PATH={path}",
            $"HOME={_folder["home"]}", $"XDG_DATA_HOME={_folder["home/data"]}", $"OSISM_LISTEN=127.0.0.1:{_port}", .. command,
        ],
        Folder = "/",
        Timeout = Limit,
    };

    private async Task<string> TasksAsync() => (await Osism("task", "list", "--all", "--format", "yaml").MustAsync(_token)).Text;

    private async Task<string> StateAsync() => (await new Command("/bin/sh")
    {
        Arguments = ["-ec", "cd \"$1\"; cat osismd.pid; stat -c '%n %i %Y' osismd.pid osismd.yml demo token machine pod pod/.git/HEAD postgres/data/PG_VERSION", "sh", Home],
    }.MustAsync(_token)).Text;

    private async Task<string> OwnerAsync(string path) =>
        (await new Command("/usr/bin/stat") { Arguments = ["-c", "%U", path] }.MustAsync(_token)).Text.Trim();

    /// <summary>A line with seconds: something was done, or it is ready.</summary>
    [GeneratedRegex(@"^\[ *\d+s\]", RegexOptions.Multiline)]
    private static partial Regex Progress();
}
