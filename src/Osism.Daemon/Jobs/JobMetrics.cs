namespace Osism.Daemon.Jobs;

/// <summary>Counters of this process for <c>/metrics</c>; what the database can count is counted there.</summary>
internal sealed class JobMetrics
{
    private long _staleEpoch;
    private long _leaseExpired;

    public Histogram Wait { get; } = new([0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600, 3600]);

    public Histogram Duration { get; } = new([0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 14400]);

    public long StaleEpochs => Volatile.Read(ref _staleEpoch);

    public long LeasesExpired => Volatile.Read(ref _leaseExpired);

    /// <summary>A write with an outdated fencing number was refused.</summary>
    public void StaleEpoch() => Interlocked.Increment(ref _staleEpoch);

    /// <summary>A worker's lease ran out while it held jobs.</summary>
    public void LeaseExpired() => Interlocked.Increment(ref _leaseExpired);

    /// <summary>A cumulative histogram in the sense of Prometheus.</summary>
    internal sealed class Histogram(double[] bounds)
    {
        private readonly Lock _gate = new();
        private readonly long[] _counts = new long[bounds.Length + 1];
        private double _sum;

        public void Observe(TimeSpan value)
        {
            var seconds = Math.Max(0, value.TotalSeconds);
            var slot = Array.FindIndex(bounds, bound => seconds <= bound);
            lock (_gate)
            {
                _counts[slot < 0 ? bounds.Length : slot]++;
                _sum += seconds;
            }
        }

        /// <summary>Upper bounds with cumulative counts, the last one unbounded, and the sum of all values.</summary>
        public (IReadOnlyList<(double? Bound, long Count)> Buckets, double Sum) Read()
        {
            lock (_gate)
            {
                var buckets = new List<(double?, long)>(_counts.Length);
                long total = 0;
                for (var i = 0; i < _counts.Length; i++)
                {
                    total += _counts[i];
                    buckets.Add((i < bounds.Length ? bounds[i] : null, total));
                }

                return (buckets, _sum);
            }
        }
    }
}
