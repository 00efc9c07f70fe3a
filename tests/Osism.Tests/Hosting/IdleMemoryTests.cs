using Osism.Daemon.Hosting;

namespace Osism.Tests.Hosting;

public sealed class IdleMemoryTests
{
    private const long Megabyte = 1L << 20;

    [Fact]
    public void It_is_given_back_once_after_a_burst_when_little_is_allocated_any_more()
    {
        using var memory = new IdleMemory(TimeProvider.System);

        Assert.False(memory.IsDue(30 * Megabyte));
        Assert.False(memory.IsDue(60 * Megabyte));
        Assert.True(memory.IsDue(61 * Megabyte));
        Assert.False(memory.IsDue(62 * Megabyte));
        Assert.False(memory.IsDue(63 * Megabyte));
    }

    [Fact]
    public void What_little_an_idle_manager_allocates_adds_up()
    {
        using var memory = new IdleMemory(TimeProvider.System);
        var looks = Enumerable.Range(1, 100).Count(look => memory.IsDue(look * Megabyte));

        Assert.InRange(looks, 10, 13);
    }
}
