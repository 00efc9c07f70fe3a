using System.Collections.Concurrent;

namespace Osism.Daemon.Jobs.Output;

/// <summary>The last bytes stored for jobs that run here, so that any number of watchers costs the database nothing.</summary>
internal sealed class LiveOutput
{
    private readonly ConcurrentDictionary<Guid, Tail> _tails = new();

    /// <summary>Bytes that have been stored.</summary>
    public void Append(Guid job, long start, byte[] data) => _tails.GetOrAdd(job, _ => new Tail()).Append(start, data);

    public void Forget(Guid job) => _tails.TryRemove(job, out _);

    /// <summary>Up to <paramref name="limit"/> bytes from <paramref name="offset"/>, or null when they are not kept here.</summary>
    public byte[]? Read(Guid job, long offset, int limit) => _tails.TryGetValue(job, out var tail) ? tail.Read(offset, limit) : null;

    /// <summary>Stored length as far as it is known here.</summary>
    public long Length(Guid job) => _tails.TryGetValue(job, out var tail) ? tail.End : 0;

    private sealed class Tail
    {
        private const int Capacity = 1 << 20;

        private readonly Lock _gate = new();
        private readonly Queue<(long Start, byte[] Data)> _pieces = new();
        private long _end = -1;
        private int _kept;

        public long End
        {
            get
            {
                lock (_gate)
                {
                    return Math.Max(_end, 0);
                }
            }
        }

        public void Append(long start, byte[] data)
        {
            if (data.Length == 0)
            {
                return;
            }

            lock (_gate)
            {
                if (start != _end)
                {
                    _pieces.Clear();
                    _kept = 0;
                }

                _pieces.Enqueue((start, data));
                _kept += data.Length;
                _end = start + data.Length;
                while (_kept > Capacity && _pieces.Count > 1)
                {
                    _kept -= _pieces.Dequeue().Data.Length;
                }
            }
        }

        public byte[]? Read(long offset, int limit)
        {
            lock (_gate)
            {
                if (_pieces.Count == 0 || offset < _pieces.Peek().Start || offset >= _end)
                {
                    return null;
                }

                var length = (int)Math.Min(limit, _end - offset);
                var result = new byte[length];
                var filled = 0;
                foreach (var (start, data) in _pieces)
                {
                    var skip = offset + filled - start;
                    if (skip >= data.Length)
                    {
                        continue;
                    }

                    var take = (int)Math.Min(data.Length - skip, length - filled);
                    data.AsSpan((int)skip, take).CopyTo(result.AsSpan(filled));
                    filled += take;
                    if (filled == length)
                    {
                        break;
                    }
                }

                return result;
            }
        }
    }
}
