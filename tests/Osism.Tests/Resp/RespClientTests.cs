using System.Net;
using System.Net.Sockets;
using System.Text;
using Osism.Protocols.Resp;
using Osism.Testing;

namespace Osism.Tests.Resp;

/// <summary>Our client and Debian's <c>redis-server</c>.</summary>
public sealed class RespClientTests : IAsyncLifetime
{
    private const string Password = "it's: a\tpassword ü";
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private RedisServer _server = null!;
    private RespClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync(Password, "127.0.0.1", _token);
        _client = Client(Password, 3);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Values_come_back_as_they_were_and_what_is_not_there_is_nil()
    {
        Assert.Equal("OK", (await _client.SendAsync(_token, "SET", "a\r\nb", "v\r\n\0ü")).Text);
        Assert.Equal("v\r\n\0ü", (await _client.SendAsync(_token, "GET", "a\r\nb")).Text);
        Assert.True((await _client.SendAsync(_token, "GET", "nothing")).IsNil);
        Assert.Equal(1, (await _client.SendAsync(_token, "DEL", "a\r\nb")).Integer);
        Assert.Equal("", (await Twice("SET", "empty", "", "GET", "empty")).Text);
        await _client.SendAsync(_token, "ZADD", "set", "1", "x", "2", "y");
        Assert.Equal(["x", "y"], (await _client.SendAsync(_token, "ZRANGE", "set", "0", "-1")).Items.Select(item => item.Text));
        Assert.Equal(1, (await _client.SendAsync(_token, "ZREM", "set", "x")).Integer);
        Assert.Empty((await _client.SendAsync(_token, "ZRANGE", "none", "0", "-1")).Items);

        async Task<RespValue> Twice(params string[] words)
        {
            await _client.SendAsync(_token, words[..3]);
            return await _client.SendAsync(_token, words[3..]);
        }
    }

    [Fact]
    public async Task Many_commands_go_in_one_go_and_an_error_costs_only_its_own()
    {
        var big = new string('x', 1 << 20);
        // More in both directions than sockets hold: who does not read while it writes stands still.
        IReadOnlyList<string>[] commands = [.. Enumerable.Range(0, 50).SelectMany(i => (IReadOnlyList<string>[])[["SET", $"k{i}", big], ["GET", $"k{i}"]]), ["LPUSH", "k0", "x"], ["GET", "k1"]];

        var answers = await _client.SendAsync(commands, _token);

        Assert.All(answers.SkipLast(2), (answer, i) => Assert.Equal(i % 2 == 0 ? 2 : big.Length, answer.Bytes!.Length));
        Assert.Equal(RespKind.Error, answers[^2].Kind);
        Assert.StartsWith("WRONGTYPE", answers[^2].Text, StringComparison.Ordinal);
        Assert.Equal(big.Length, answers[^1].Bytes!.Length);
    }

    [Fact]
    public async Task A_value_of_32_MB_passes()
    {
        var big = new string('ä', 16 << 20);
        await _client.SendAsync(_token, "SET", "big", big);
        Assert.Equal(big, (await _client.SendAsync(_token, "GET", "big")).Text);
    }

    [Fact]
    public async Task The_database_is_the_one_asked_for()
    {
        await _client.SendAsync(_token, "SET", "where", "3");
        await using var other = Client(Password, 0);
        Assert.True((await other.SendAsync(_token, "GET", "where")).IsNil);
    }

    [Fact]
    public async Task A_wrong_password_or_database_is_said_and_is_not_repeated_in_words()
    {
        await using var wrong = Client("wrong", 0);
        var refused = await Assert.ThrowsAsync<RespException>(() => wrong.SendAsync(_token, "GET", "a"));
        Assert.Contains("WRONGPASS", refused.Message, StringComparison.Ordinal);
        await using var none = Client(null, 0);
        Assert.Contains("NOAUTH", (await Assert.ThrowsAsync<RespException>(() => none.SendAsync(_token, "GET", "a"))).Message, StringComparison.Ordinal);
        await using var far = Client(Password, 99);
        Assert.Contains("out of range", (await Assert.ThrowsAsync<RespException>(() => far.SendAsync(_token, "GET", "a"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_went_is_told_and_one_that_came_back_is_used_again()
    {
        await _client.SendAsync(_token, "SET", "a", "1");
        _server.Kill();
        await Assert.ThrowsAsync<RespException>(() => _client.SendAsync(_token, "GET", "a"));
        await _server.StartAsync(_token);
        Assert.True((await _client.SendAsync(_token, "GET", "a")).IsNil);

        // A connection that the server closed while nobody looked is made anew without a word.
        await using var other = Client(Password, 3);
        await other.SendAsync(_token, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        Assert.True((await _client.SendAsync(_token, "GET", "a")).IsNil);
    }

    [Fact]
    public async Task Many_may_ask_at_the_same_time()
    {
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            await _client.SendAsync(_token, "SET", $"p{i}", $"{i}");
            Assert.Equal($"{i}", (await _client.SendAsync(_token, "GET", $"p{i}")).Text);
        }));
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("$5\r\nab")]
    [InlineData("$x\r\n")]
    [InlineData("$99999999999\r\n")]
    [InlineData("+ok\n")]
    [InlineData("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n")]
    [InlineData("")]
    public async Task Who_does_not_speak_RESP_is_found_out(string answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var client = new RespClient(new RespEndpoint("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port, 0, null, TimeSpan.FromSeconds(5)));
        var asking = client.SendAsync(_token, "GET", "a");
        using (var accepted = await listener.AcceptTcpClientAsync(_token))
        {
            await accepted.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer), _token);
            accepted.Client.Shutdown(SocketShutdown.Send);
            await Assert.ThrowsAsync<RespException>(() => asking);
        }
    }

    [Fact]
    public async Task Who_does_not_answer_costs_no_more_than_the_patience()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var client = new RespClient(new RespEndpoint("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port, 0, null, TimeSpan.FromMilliseconds(200)));
        Assert.Contains("did not answer within", (await Assert.ThrowsAsync<RespException>(() => client.SendAsync(_token, "GET", "a"))).Message, StringComparison.Ordinal);
    }

    private RespClient Client(string? password, int database) => new(new RespEndpoint("127.0.0.1", _server.Port, database, password, TimeSpan.FromSeconds(20)));
}
