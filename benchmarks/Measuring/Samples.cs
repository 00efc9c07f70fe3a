namespace Osism.Benchmarks.Measuring;

/// <summary>Times of one thing done many times, in milliseconds.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];

    public int Count => _values.Count;

    public double Minimum => At(0);

    public double Median => At(0.5);

    public double P95 => At(0.95);

    public double P99 => At(0.99);

    public double Maximum => At(1);

    public void Add(double milliseconds) => _values.Add(milliseconds);

    public void Add(TimeSpan time) => Add(time.TotalMilliseconds);

    public void AddAll(Samples others) => _values.AddRange(others._values);

    public override string ToString() => $"median {Median:0.0}, p95 {P95:0.0}, least {Minimum:0.0}";

    /// <summary>Nearest rank; of an even number of values the median is the mean of the two in the middle.</summary>
    private double At(double share)
    {
        _values.Sort();
        if (share == 0.5 && _values.Count % 2 == 0)
        {
            return (_values[(_values.Count / 2) - 1] + _values[_values.Count / 2]) / 2;
        }

        return _values[Math.Clamp((int)Math.Ceiling(share * _values.Count) - 1, 0, _values.Count - 1)];
    }
}
