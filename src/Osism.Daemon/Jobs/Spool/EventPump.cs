using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Npgsql;
using Osism.Daemon.Jobs.Output;
using Osism.Daemon.Platform.Secrets;
using Osism.Daemon.Recording.Events;
using Osism.Daemon.Recording.Ingest;

namespace Osism.Daemon.Jobs.Spool;

/// <summary>Carries the events of one run line by line through the masker into the database, together with the rows they stand for.</summary>
/// <remarks>
/// Rows and lines are committed in one transaction with the offset: after a crash of anything the lines before the offset are given to the recorder once
/// more, to be where it was, and the rows after it do not exist.
/// </remarks>
/// <param name="job">The job.</param>
/// <param name="file">Its events.</param>
/// <param name="secrets">What the masker hides.</param>
/// <param name="store">Where the lines go.</param>
/// <param name="writer">Numbers playbooks.</param>
/// <param name="metrics">Counts.</param>
/// <param name="arrivals">Wakes who follows the events.</param>
/// <param name="time">For the pace.</param>
internal sealed class EventPump(
    Guid job, string file, SecretSet secrets, OutputStore store, RecordWriter writer, RecordingMetrics metrics, EventArrivals arrivals,
    TimeProvider time) : IDisposable
{
    /// <summary>Events come in small numbers many times a second: together they cost the manager a fraction, and readers wait no longer than this.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(150);

    /// <summary>More than this is stored at once.</summary>
    private const int Much = 64 * 1024;

    private const int FirstSize = 512 * 1024;

    private static readonly TimeSpan CountsPace = TimeSpan.FromSeconds(1);

    private readonly StreamingMasker _masker = new(secrets);
    private readonly RunRecorder _recorder = new(job, secrets);
    private readonly ArrayBufferWriter<byte> _output = new();
    private byte[] _buffer = [];
    private SafeFileHandle? _handle;
    private bool _isInOverlong;
    private long? _stored, _counted;

    /// <summary>Offset in the file up to which everything is stored.</summary>
    public long Raw { get; private set; }

    /// <summary>Stored length.</summary>
    public long Stored { get; private set; }

    /// <summary>What the lines so far add up to.</summary>
    public EventTally Tally { get; } = new();

    /// <summary>How long what has come may still wait for more; zero when it is time to look.</summary>
    public TimeSpan Patience => _stored is { } last && Pace - time.GetElapsedTime(last) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>Takes up where an earlier follower left: gives what it had stored to the recorder.</summary>
    public async Task ResumeAsync(long raw, long stored, CancellationToken cancellationToken)
    {
        _recorder.IsReplay = true;
        var isWhole = await ReplayAsync((at, count, token) => ReadFileAsync(at, count, token), raw, cancellationToken);
        if (!isWhole)
        {
            // After a power loss the database may know more of the file than the disk does. The masker may have taken names out of what is stored.
            await ReplayAsync((at, count, token) => store.ReadAsync(job, StreamKind.Events, at, count, token), stored, cancellationToken);
        }

        _recorder.IsReplay = false;
        (Raw, Stored, _counted) = (raw, stored, null);
    }

    /// <summary>Takes up at what the database holds, where that is not what was thought.</summary>
    /// <returns>False when it is.</returns>
    public async Task<bool> GoBackAsync(long raw, long stored, CancellationToken cancellationToken)
    {
        if (raw == Raw && stored == Stored)
        {
            return false;
        }

        await ResumeAsync(raw, stored, cancellationToken);
        return true;
    }

    /// <summary>Stores the next lines, if there are any and it is time for them.</summary>
    /// <param name="attempt">The attempt that follows it.</param>
    /// <param name="final">Nothing more will be written: a line without an end is the last one.</param>
    /// <param name="cancellationToken">Ends the waiting for the database.</param>
    public async Task<PumpResult> StepAsync(int attempt, bool final, CancellationToken cancellationToken)
    {
        var read = await ReadAsync(cancellationToken);
        metrics.Waiting(job, read);
        if (read == 0 || (!final && read < Much && Patience > TimeSpan.Zero))
        {
            return PumpResult.Idle;
        }

        _output.ResetWrittenCount();
        var isLast = final && read < _buffer.Length;
        var (taken, lines, unreadable) = Take(_buffer.AsSpan(0, read), isLast);
        if (taken == 0)
        {
            return await GrowAsync(attempt, final, read, cancellationToken);
        }

        return await StoreAsync(attempt, new SpoolChunk(Raw, Raw + taken, Stored, _output.WrittenMemory), isLast, (lines, unreadable), cancellationToken);
    }

    /// <summary>Ends what is still open in the record: everything is stored, and nothing more will come.</summary>
    /// <param name="attempt">The attempt that follows it.</param>
    /// <param name="exit">Of the process; null when nobody knows.</param>
    /// <param name="cancellationToken">Ends the waiting for the database.</param>
    public async Task<PumpResult> CloseAsync(int attempt, int? exit, CancellationToken cancellationToken)
    {
        _recorder.Close(exit);
        return _recorder.Changes(withCounts: true).IsEmpty
            ? PumpResult.Idle
            : await StoreAsync(attempt, new SpoolChunk(Raw, Raw, Stored, default), isLast: true, default, cancellationToken);
    }

    public void Dispose() => _handle?.Dispose();

    private async Task<PumpResult> StoreAsync(
        int attempt, SpoolChunk chunk, bool isLast, (int Lines, int Unreadable) count, CancellationToken cancellationToken)
    {
        if (_recorder.Unnumbered.Any())
        {
            await writer.NumberAsync(job, _recorder.Unnumbered, cancellationToken);
        }

        // Counts of all hosts with each piece of a full spool would be a tenth of what the piece costs.
        var withCounts = isLast || _counted is not { } last || time.GetElapsedTime(last) >= CountsPace;
        var rows = _recorder.Changes(withCounts);
        Action<NpgsqlBatch>? more = rows.IsEmpty ? null : batch => RecordWriter.AddTo(batch, job, rows);
        var result = await store.AppendAsync(job, attempt, StreamKind.Events, chunk, more, cancellationToken);
        switch (result.Status)
        {
            case AppendStatus.Fenced:
                return PumpResult.Fenced;
            case AppendStatus.Moved:
                // An answer of the database was lost on the way: what it holds is the truth.
                await ResumeAsync(result.Raw, result.Bytes, cancellationToken);
                return PumpResult.Moved;
            default:
                _recorder.Written(rows);
                _stored = time.GetTimestamp();
                _counted = withCounts ? _stored : _counted;
                (Raw, Stored) = (chunk.RawTo, chunk.Start + chunk.Data.Length);
                if (count.Lines > 0)
                {
                    metrics.Stored(count.Lines, count.Unreadable, time.GetUtcNow() - _recorder.LastAt);
                    arrivals.Raise(job);
                }

                return chunk.RawTo > chunk.RawFrom ? PumpResult.Moved : PumpResult.Idle;
        }
    }

    /// <summary>No line end in all that was read: more of the line is wanted, as long as it may be one.</summary>
    private async Task<PumpResult> GrowAsync(int attempt, bool final, int read, CancellationToken cancellationToken)
    {
        if (read < _buffer.Length)
        {
            return PumpResult.Idle;
        }

        if (_buffer.Length < LineAssembler.LongestLine)
        {
            _buffer = new byte[_buffer.Length * 2];
        }
        else
        {
            _isInOverlong = true;
        }

        return await StepAsync(attempt, final, cancellationToken);
    }

    /// <summary>Masks and notes the lines of a piece.</summary>
    /// <returns>Bytes that are done with, lines among them, and how many of those were no events.</returns>
    private (int Taken, int Lines, int Unreadable) Take(ReadOnlySpan<byte> piece, bool isLast)
    {
        var (taken, lines, unreadable) = (0, 0, 0);
        while (taken < piece.Length)
        {
            var rest = piece[taken..];
            var end = rest.IndexOf((byte)'\n');
            if (_isInOverlong)
            {
                var part = end < 0 ? rest : rest[..(end + 1)];
                taken += _masker.Mask(part, end >= 0 || isLast, _output);
                if (end < 0)
                {
                    break;
                }

                _isInOverlong = false;
                lines++;
                unreadable++;
                _recorder.Add(null, default, 0);
                continue;
            }

            if (end < 0 && !isLast)
            {
                break;
            }

            var line = end < 0 ? rest : rest[..end];
            var start = Stored + _output.WrittenCount;
            var from = _output.WrittenCount;
            _masker.Mask(line, final: true, _output);
            var @event = RunEventReader.Read(line);
            _recorder.Add(@event, _output.WrittenSpan[from..], start);
            if (@event is not null)
            {
                Tally.Add(@event);
            }

            lines++;
            unreadable += @event is null ? 1 : 0;
            taken += line.Length;
            if (end >= 0)
            {
                _output.Write("\n"u8);
                taken++;
            }
        }

        return (taken, lines, unreadable);
    }

    private async Task<bool> ReplayAsync(
        Func<long, int, CancellationToken, Task<byte[]>> read, long length, CancellationToken cancellationToken)
    {
        Tally.Clear();
        _recorder.Clear();
        var lines = new LineAssembler();
        for (long at = 0; at < length;)
        {
            var piece = await read(at, (int)Math.Min(FirstSize, length - at), cancellationToken);
            if (piece.Length == 0)
            {
                return false;
            }

            lines.Add(piece, line =>
            {
                var @event = RunEventReader.Read(line);
                _recorder.Add(@event, line, 0);
                if (@event is not null)
                {
                    Tally.Add(@event);
                }
            });
            at += piece.Length;
        }

        _isInOverlong = lines.IsInOverlong;
        return true;
    }

    private async Task<byte[]> ReadFileAsync(long offset, int count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        var read = await RandomAccess.ReadAsync(Handle, bytes, offset, cancellationToken);
        return bytes[..read];
    }

    private ValueTask<int> ReadAsync(CancellationToken cancellationToken)
    {
        if (_buffer.Length == 0)
        {
            _buffer = new byte[FirstSize];
        }

        return RandomAccess.ReadAsync(Handle, _buffer, Raw, cancellationToken);
    }

    private SafeFileHandle Handle => _handle ??= File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
}
