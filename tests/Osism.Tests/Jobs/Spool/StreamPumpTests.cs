using System.Security.Cryptography;
using System.Text;
using Osism.Contracts.Jobs;
using Osism.Daemon.Jobs;
using Osism.Daemon.Jobs.Output;
using Osism.Daemon.Jobs.Spool;
using Osism.Daemon.Platform.Secrets;
using Osism.Testing;

namespace Osism.Tests.Jobs.Spool;

/// <summary>From a file that grows, through the masker, into the database; left and taken up again anywhere.</summary>
public sealed class StreamPumpTests : IAsyncLifetime
{
    private const string Secret = "open sesame";
    private const string Text = "first open sesame, then open ses nothing;\nopen sesameopen sesame and ende: öpen open sesame\nlast open sesam";
    private const string Masked = "first ***, then open ses nothing;\n****** and ende: öpen ***\nlast open sesam";

    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly SecretSet _secrets = SecretSet.Build([Secret]);
    private readonly TempFolder _folder = new();
    private readonly WorkerIdentity _worker = JobsSetup.Worker("one");
    private JobsSetup _jobs = null!;

    private string FilePath => _folder["output"];

    public async ValueTask InitializeAsync() => _jobs = await JobsSetup.CreateAsync();

    public async ValueTask DisposeAsync()
    {
        await _jobs.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Left_and_taken_up_at_any_byte_the_same_is_stored_and_both_hashes_are_right()
    {
        var bytes = Encoding.UTF8.GetBytes(Text);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var job = await _jobs.RunningAsync(_worker);
            await File.WriteAllBytesAsync(FilePath, bytes[..cut], _token);
            using (var first = Pump())
            {
                await first.ResumeAsync(job.Id, 0, 0, _token);
                await DrainAsync(first, job, final: false);
            }

            await File.WriteAllBytesAsync(FilePath, bytes, _token);
            using var second = Pump();
            await ResumeAsync(second, job);
            await DrainAsync(second, job, final: true);

            await AssertStoredAsync(job, second, bytes, $"cut at {cut}");
            await _jobs.EndAsync(job, JobState.Succeeded);
        }
    }

    [Fact]
    public async Task Growing_byte_by_byte_nothing_of_a_secret_is_stored_at_any_time()
    {
        var bytes = Encoding.UTF8.GetBytes(Text);
        var job = await _jobs.RunningAsync(_worker);
        var pieces = new List<byte>();
        await File.WriteAllBytesAsync(FilePath, [], _token);
        using var pump = Pump((_, data) => pieces.AddRange(data));
        await pump.ResumeAsync(job.Id, 0, 0, _token);
        await using (var file = new FileStream(FilePath, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
        {
            foreach (var value in bytes)
            {
                file.WriteByte(value);
                await DrainAsync(pump, job, final: false);
                var stored = await StoredAsync(job);
                Assert.Equal(Encoding.UTF8.GetBytes(Masked)[..stored.Length], stored);
            }
        }

        await DrainAsync(pump, job, final: true);
        await AssertStoredAsync(job, pump, bytes, "byte by byte");
        Assert.Equal(await StoredAsync(job), pieces);
    }

    [Fact]
    public async Task More_than_one_piece_of_any_bytes_arrives_whole()
    {
        var bytes = new byte[(700 * 1024) + 13];
        new Random(7).NextBytes(bytes);
        Encoding.UTF8.GetBytes(Secret).CopyTo(bytes, (256 * 1024) - 5);
        await File.WriteAllBytesAsync(FilePath, bytes, _token);
        var job = await _jobs.RunningAsync(_worker);
        using var pump = Pump();

        await pump.ResumeAsync(job.Id, 0, 0, _token);
        await DrainAsync(pump, job, final: true);

        var expected = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(bytes).Replace(Secret, "***", StringComparison.Ordinal));
        Assert.Equal(expected, await _jobs.Output.ReadAsync(job.Id, StreamKind.Output, 0, 1 << 20, _token));
        Assert.Equal((Hash(bytes), Hash(expected)), pump.Hashes());
    }

    [Fact]
    public async Task After_a_lost_answer_it_goes_on_from_what_the_database_holds()
    {
        var bytes = Encoding.UTF8.GetBytes(Text);
        await File.WriteAllBytesAsync(FilePath, bytes, _token);
        var job = await _jobs.RunningAsync(_worker);
        using var pump = Pump();
        await pump.ResumeAsync(job.Id, 0, 0, _token);

        // The same bytes went in, cut elsewhere, and nobody was told.
        await _jobs.Output.AppendAsync(job.Id, job.Attempt, StreamKind.Output, new SpoolChunk(0, 6, 0, "first "u8.ToArray()), more: null, _token);
        Assert.Equal(PumpResult.Moved, await pump.StepAsync(job.Id, job.Attempt, true, _token));
        Assert.Equal((6, 6), (pump.Raw, pump.Stored));
        await DrainAsync(pump, job, final: true);

        await AssertStoredAsync(job, pump, bytes, "after a lost answer");
    }

    [Fact]
    public async Task Who_lost_the_job_stores_no_more()
    {
        await File.WriteAllTextAsync(FilePath, Text, _token);
        var job = await _jobs.RunningAsync(_worker);
        using var pump = Pump();
        await pump.ResumeAsync(job.Id, 0, 0, _token);
        await _jobs.Store.AdoptAsync(job, JobsSetup.Worker("two"), _token);

        Assert.Equal(PumpResult.Fenced, await pump.StepAsync(job.Id, job.Attempt, true, _token));

        Assert.Equal("", await StoredTextAsync(job));
    }

    [Fact]
    public async Task A_file_that_lost_stored_bytes_keeps_what_is_stored_and_has_no_hash()
    {
        await File.WriteAllTextAsync(FilePath, "0123456789", _token);
        var job = await _jobs.RunningAsync(_worker);
        using (var first = Pump())
        {
            await first.ResumeAsync(job.Id, 0, 0, _token);
            await DrainAsync(first, job, final: true);
        }

        await File.WriteAllTextAsync(FilePath, "0123", _token);
        using var second = Pump();
        await ResumeAsync(second, job);
        await DrainAsync(second, job, final: true);

        Assert.Equal("0123456789", await StoredTextAsync(job));
        Assert.Equal((null, Hash("0123456789"u8)), second.Hashes());
    }

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private StreamPump Pump(Action<long, byte[]>? onStored = null) => new(FilePath, StreamKind.Output, _secrets, _jobs.Output) { OnStored = onStored };

    private async Task ResumeAsync(StreamPump pump, Job job)
    {
        var stored = await _jobs.GetAsync(job);
        await pump.ResumeAsync(job.Id, stored.OutputRaw, stored.OutputBytes, _token);
    }

    private async Task DrainAsync(StreamPump pump, Job job, bool final)
    {
        while (await pump.StepAsync(job.Id, job.Attempt, final, _token) == PumpResult.Moved)
        {
            // Until there is nothing more to take.
        }
    }

    private Task<byte[]> StoredAsync(Job job) => _jobs.Output.ReadAsync(job.Id, StreamKind.Output, 0, 1 << 20, _token);

    private async Task<string> StoredTextAsync(Job job) => Encoding.UTF8.GetString(await StoredAsync(job));

    private async Task AssertStoredAsync(Job job, StreamPump pump, byte[] raw, string when)
    {
        Assert.Equal((when, Masked), (when, await StoredTextAsync(job)));
        Assert.Equal((when, Hash(raw), Hash(Encoding.UTF8.GetBytes(Masked))), (when, pump.Hashes().Raw, pump.Hashes().Stored));
        var stored = await _jobs.GetAsync(job);
        Assert.Equal((when, raw.Length, Encoding.UTF8.GetByteCount(Masked)), (when, stored.OutputRaw, stored.OutputBytes));
    }
}
