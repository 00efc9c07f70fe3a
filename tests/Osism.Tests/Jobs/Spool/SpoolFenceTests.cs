using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform.Processes;
using Osism.Testing;

namespace Osism.Tests.Jobs.Spool;

/// <summary>Who makes the name <c>started</c> decides whether an attempt ever began.</summary>
public sealed class SpoolFenceTests : IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private JobsSetup _jobs = null!;

    public async ValueTask InitializeAsync() => _jobs = await JobsSetup.CreateAsync();

    public async ValueTask DisposeAsync() => await _jobs.DisposeAsync();

    [Fact]
    public async Task Of_a_supervisor_and_a_fence_exactly_one_wins_a_hundred_times()
    {
        const int Rounds = 100;
        var random = new Random(1);
        var outcomes = new List<(SpoolFolder Folder, bool Fenced)>();
        for (var round = 0; round < Rounds; round++)
        {
            var job = Guid.CreateVersion7();
            var folder = (await SpoolLab.CreateAsync(_jobs, job, 1, null, _token))!;
            var starting = SpoolLab.StartAsync(_jobs, folder, "echo began", _token);
            switch (round % 4)
            {
                case 0:
                    await SpoolLab.SupervisorAsync(folder, _token);
                    break;
                case 1:
                    await starting;
                    break;
                default:
                    // Somewhere in the middle of the start.
                    Thread.SpinWait(random.Next(1_000_000));
                    break;
            }

            var fenced = SpoolFolder.Fence(_jobs.Home.Spool, job, 1);
            await starting;
            Assert.Equal(fenced ? SpoolStart.Fenced : SpoolStart.Begun, folder.Start);
            Assert.Equal(fenced, SpoolFolder.Fence(_jobs.Home.Spool, job, 1));
            outcomes.Add((folder, fenced));
        }

        await Eventually.TrueAsync(
            "no supervisor is left",
            () => ProcessTree.All().TrueForAll(entry => !entry.CommandLine.Contains(_jobs.Home.Spool, StringComparison.Ordinal)), SpoolLab.Patience, _token);
        Assert.All(outcomes, outcome =>
        {
            var said = File.ReadAllText(outcome.Folder.Output);
            Assert.Equal(outcome.Fenced ? ("", null, false) : ("began\n", 0, true), (said, outcome.Folder.ReadExit(), outcome.Folder.ReadSupervisor() is not null));
        });
        Assert.Contains(outcomes, outcome => outcome.Fenced);
        Assert.Contains(outcomes, outcome => !outcome.Fenced);
        TestContext.Current.TestOutputHelper?.WriteLine($"{outcomes.Count(outcome => outcome.Fenced)} of {Rounds} were fenced");
    }

    [Fact]
    public async Task Of_many_fences_all_say_the_same_and_leave_no_draft()
    {
        var (open, job) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await SpoolLab.CreateAsync(_jobs, open, 1, null, _token);

        var told = await Task.WhenAll(Enumerable.Range(0, 16).Select(number => Task.Run(
            () => SpoolFolder.Fence(_jobs.Home.Spool, number % 2 == 0 ? job : open, 1), _token)));

        Assert.All(told, Assert.True);
        Assert.Equal(2, Directory.EnumerateDirectories(_jobs.Home.Spool).Count());
    }

    [Fact]
    public void Folders_of_a_job_are_found_latest_first()
    {
        var job = Guid.CreateVersion7();
        foreach (var attempt in new[] { 2, 10, 9, 1 })
        {
            Assert.True(SpoolFolder.Fence(_jobs.Home.Spool, job, attempt));
        }

        Assert.Equal(
            ["10", "9", "2", "1"], SpoolFolder.Find(_jobs.Home.Spool, job).Select(folder => Path.GetExtension(folder.Path).TrimStart('.')));
    }
}
