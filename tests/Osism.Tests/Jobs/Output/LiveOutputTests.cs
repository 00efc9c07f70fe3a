using System.Text;
using Osism.Daemon.Jobs.Output;

namespace Osism.Tests.Jobs.Output;

/// <summary>The tail that is kept for watchers.</summary>
public sealed class LiveOutputTests
{
    private readonly Guid _job = Guid.NewGuid();
    private readonly LiveOutput _live = new();

    [Fact]
    public void Any_part_of_what_was_stored_lately_can_be_read()
    {
        var text = "";
        foreach (var piece in new[] { "a", "bcd", "ef", "ghijklmnop", "q" })
        {
            _live.Append(_job, text.Length, Encoding.ASCII.GetBytes(piece));
            text += piece;
        }

        Assert.Equal(text.Length, _live.Length(_job));
        for (var from = 0; from < text.Length; from++)
        {
            for (var limit = 1; limit <= text.Length; limit++)
            {
                Assert.Equal(text.Substring(from, Math.Min(limit, text.Length - from)), Encoding.ASCII.GetString(_live.Read(_job, from, limit)!));
            }
        }
    }

    [Fact]
    public void What_is_not_kept_is_not_guessed()
    {
        Assert.Null(_live.Read(_job, 0, 10));
        _live.Append(_job, 100, "new"u8.ToArray());

        Assert.Null(_live.Read(_job, 99, 10));
        Assert.Null(_live.Read(_job, 103, 10));
        Assert.Equal("new"u8.ToArray(), _live.Read(_job, 100, 10));
        _live.Forget(_job);
        Assert.Null(_live.Read(_job, 100, 10));
        Assert.Equal(0, _live.Length(_job));
    }

    [Fact]
    public void A_gap_makes_it_begin_anew()
    {
        _live.Append(_job, 0, "one"u8.ToArray());
        _live.Append(_job, 10, "two"u8.ToArray());

        Assert.Null(_live.Read(_job, 0, 3));
        Assert.Equal("two"u8.ToArray(), _live.Read(_job, 10, 3));
    }

    [Fact]
    public void A_megabyte_is_kept_and_not_much_more()
    {
        var piece = new byte[64 * 1024];
        for (var i = 0; i < 64; i++)
        {
            _live.Append(_job, i * (long)piece.Length, piece);
        }

        Assert.Null(_live.Read(_job, (47 * piece.Length) - 1, 1));
        Assert.NotNull(_live.Read(_job, 48 * piece.Length, 1));
    }
}
