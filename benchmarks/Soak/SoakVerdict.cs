using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Osism.Contracts.Jobs;

namespace Osism.Benchmarks.Soak;

/// <summary>What a job's record is worth when it is compared with what really happened.</summary>
internal sealed class SoakVerdict(string ledger, string secret)
{
    private const string Masked = "***";

    public int DoubleStarts { get; private set; }

    /// <summary>Jobs of which bytes are missing, too many or wrong, hashes included.</summary>
    public int LostBytes { get; private set; }

    public int Unexplained { get; private set; }

    public int Compared { get; private set; }

    public long Bytes { get; private set; }

    public List<string> Faults { get; } = [];

    /// <param name="job">What was done to it.</param>
    /// <param name="info">What the manager says of it.</param>
    /// <param name="stored">Its output.</param>
    public void Judge(SoakJob job, JobInfo info, byte[] stored)
    {
        if (!job.IsExplained(info.State))
        {
            Unexplained++;
            Faults.Add($"{job.Id} ({job.Kind}) is {info.State.ToWireName()}, done to it: {job.Wounds}: {info.Reason?.Message}");
        }

        var starts = Directory.GetFiles(ledger, $"{job.Id}.*");
        if (starts.Length > 1)
        {
            DoubleStarts++;
            Faults.Add($"{job.Id} ({job.Kind}) was started {starts.Length} times");
        }

        if (job.Kind == "noop")
        {
            return;
        }

        if (info.OutputSha256 is { } hash && hash != Convert.ToHexStringLower(SHA256.HashData(stored)))
        {
            LostBytes++;
            Faults.Add($"{job.Id} ({job.Kind}): the hash on the record is not that of the stored output");
        }

        // Ansible does not tell us what it writes.
        if (job.Kind == "ansible" || starts.Length != 1)
        {
            if (starts.Length == 0 && info.State is JobState.Succeeded)
            {
                LostBytes++;
                Faults.Add($"{job.Id} ({job.Kind}) succeeded and never ran");
            }

            return;
        }

        Compare(job, stored, File.ReadAllBytes(starts[0]));
    }

    /// <summary>The writer notes first and writes then. If it was killed in between, the last line, or the end of it, never was in the output.</summary>
    private void Compare(SoakJob job, byte[] stored, byte[] noted)
    {
        var whole = Mask(noted);
        var isWhole = stored.AsSpan().SequenceEqual(whole);
        var mayLack = job.Wounds != Wounds.None && noted.Length > 0
            && whole.AsSpan().StartsWith(stored)
            && stored.Length >= Mask(noted[..LastBegin(noted, job.Id)]).Length;
        Compared++;
        Bytes += stored.Length;
        if (!isWhole && !mayLack)
        {
            LostBytes++;
            Faults.Add(string.Create(CultureInfo.InvariantCulture, $"{job.Id} ({job.Kind}, {job.Wounds}): {stored.Length} bytes are stored, {whole.Length} were written"));
        }
    }

    /// <summary>Where the last line begins: each begins with the attempt's name.</summary>
    private static int LastBegin(byte[] noted, Guid job) => Math.Max(0, noted.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes($"{job}.")));

    private byte[] Mask(byte[] text) =>
        // Latin-1 keeps every byte as it is.
        Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(text).Replace(secret, Masked, StringComparison.Ordinal));
}
