using System.Net.Sockets;
using System.Text;
using Osism.Cli.Api;
using Osism.Cli.Terminal;
using Osism.Contracts;
using Osism.Testing;

namespace Osism.Tests.Cli;

/// <summary>Our own HTTP client against a server that does everything RFC 9112 allows, and some things it does not.</summary>
public sealed class HttpClientTests : IDisposable
{
    private static readonly Guid Job = Guid.Parse("0198aaaa-0000-7000-8000-000000000001");

    private readonly TempFolder _home = new();
    private readonly CancellationTokenSource _stop = new(Bounds.Usual);

    public void Dispose()
    {
        _stop.Dispose();
        _home.Dispose();
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200\r\ncontent-length:5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n4;name=\"value\"\r\nello\r\n000\r\nTrailer: x\r\n\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    public async Task A_body_is_read_whole_in_whatever_form_and_pieces_it_comes(string answer)
    {
        // One byte at a time, and over the same connection again.
        await using var manager = new FakeManager(_home.Path, _ => FakeAnswer.Raw(close: false, [.. answer.Select(letter => letter.ToString())]));
        using var client = Client();

        Assert.Equal("hello", await Read(client));
        Assert.Equal("hello", await Read(client));
        Assert.Equal(1, manager.Connections);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")]
    public async Task A_connection_that_ends_with_its_answer_is_not_used_again(string answer)
    {
        await using var manager = new FakeManager(_home.Path, _ => FakeAnswer.Raw(close: true, answer));
        using var client = Client();

        Assert.Equal("hello", await Read(client));
        Assert.Equal("hello", await Read(client));
        Assert.Equal(2, manager.Connections);
    }

    [Fact]
    public async Task A_kept_connection_that_was_closed_meanwhile_is_opened_again()
    {
        await using var manager = new FakeManager(_home.Path, _ => FakeAnswer.Raw(close: true, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
        using var client = Client();

        Assert.Equal("hello", await Read(client));
        Assert.Equal("hello", await Read(client));
        Assert.Equal(2, manager.Connections);
    }

    [Fact]
    public async Task What_changes_something_never_goes_over_a_connection_that_may_be_dead()
    {
        await using var manager = new FakeManager(_home.Path, _ => FakeAnswer.Json(200, "{}"));
        using var client = Client();

        await Read(client);
        await Run(() => client.Send("POST", "/x", json => json.WriteNumberValue(1), _stop.Token));

        Assert.Equal([("GET", 1), ("POST", 2)], manager.Requests.Select(request => (request.Method, request.Connection)));
        Assert.Equal("1", manager.Requests[1].Body);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\nhello\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello")]
    [InlineData("220 mail.example.org ESMTP\r\n\r\n")]
    public async Task A_manager_that_goes_in_mid_answer_or_speaks_something_else_is_away(string answer)
    {
        await using var manager = new FakeManager(_home.Path, _ => FakeAnswer.Raw(close: true, answer));
        using var client = Client();

        var away = await Assert.ThrowsAsync<ProblemException>(() => Read(client));

        Assert.Equal("manager.away", away.Problem.Code);
        Assert.True(away.MayPass);
    }

    [Fact]
    public async Task A_header_without_an_end_is_not_read_for_ever()
    {
        await using var manager = new FakeManager(_home.Path, _ => FakeAnswer.Raw(close: false, "HTTP/1.1 200 OK\r\nX: ", new string('x', 100_000)));
        using var client = Client();

        var away = await Assert.ThrowsAsync<ProblemException>(() => Read(client));

        Assert.Contains("too long", away.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_arrive_as_they_are()
    {
        var bytes = Enumerable.Range(0, 70_000).Select(i => (byte)(i * 31)).ToArray();
        await using var manager = new FakeManager(_home.Path, request => FakeAnswer.Bytes(
            200, bytes, "Osism-Output-Length: 70000", "Osism-Output-Complete: true", "Osism-Job-State: succeeded"));
        using var client = Client();
        using var received = new MemoryStream();

        var head = await Run(() => client.GetOutput(Job, 7, TimeSpan.FromSeconds(3), piece => received.Write(piece.Span), _stop.Token));

        Assert.Equal(bytes, received.ToArray());
        Assert.Equal((70_000, true, Osism.Contracts.Jobs.JobState.Succeeded), (head.Length, head.Complete, head.State));
        Assert.Equal($"/v1/jobs/{Job}/output?offset=7&wait=3", Assert.Single(manager.Requests).Path);
    }

    [Fact]
    public async Task What_came_before_the_manager_went_was_handed_on()
    {
        await using var manager = new FakeManager(_home.Path, _ => FakeAnswer.Raw(close: true, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "abc"));
        using var client = Client();
        using var received = new MemoryStream();

        await Assert.ThrowsAsync<ProblemException>(
            () => Run(() => client.GetOutput(Job, 0, TimeSpan.Zero, piece => received.Write(piece.Span), _stop.Token)));

        Assert.Equal("abc"u8.ToArray(), received.ToArray());
    }

    [Fact]
    public async Task A_call_that_waits_for_the_manager_is_woken_when_it_is_cancelled()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var manager = new FakeManager(_home.Path, async (_, cancellationToken) =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return FakeAnswer.Json(200, "{}");
        });
        using var client = Client();

        var call = Read(client);
        await asked.Task.WaitAsync(_stop.Token);
        await _stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Bounds.Usual, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_socket_without_a_listener_is_not_taken_for_one_of_somebody_else()
    {
        Assert.False(Assert.Throws<ConnectException>(() => UnixStream.Connect(_home["none"])).Denied);

        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
            dead.Bind(new UnixDomainSocketEndPoint(_home["dead"]));
        Assert.False(Assert.Throws<ConnectException>(() => UnixStream.Connect(_home["dead"])).Denied);
    }

    [Fact]
    public void A_path_longer_than_a_socket_may_have_is_said_so()
    {
        var refused = Assert.Throws<ConnectException>(() => UnixStream.Connect("/" + new string('x', 108)));

        Assert.Contains("107 bytes", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://manager:8000")]
    [InlineData("manager:8000")]
    [InlineData("http://manager:8000/api")]
    public void An_address_of_another_form_is_refused(string url)
    {
        var refused = Assert.Throws<ProblemException>(() => ManagerAddress.Find(new CliEnvironment { Url = url }));

        Assert.Equal(ErrorCodes.RequestInvalid.Code, refused.Problem.Code);
    }

    [Fact]
    public void The_socket_is_looked_for_where_the_manager_of_this_user_may_be()
    {
        var own = Path.Combine(_home.Path, ".local/share/osism");
        Directory.CreateDirectory(own);
        File.WriteAllText(Path.Combine(own, "osismd.sock"), "");
        var user = new CliEnvironment { UserHome = _home.Path };

        Assert.Equal($"{own}/osismd.sock", ManagerAddress.Find(user).Name);
        Assert.Equal("/var/lib/osism/osismd.sock", ManagerAddress.Find(user with { IsRoot = true }).Name);
        Assert.Equal("/elsewhere/osismd.sock", ManagerAddress.Find(user with { Home = "/elsewhere" }).Name);
    }

    [Fact]
    public void Over_TCP_the_token_is_taken_from_where_it_lies()
    {
        File.WriteAllText(_home["token"], "one\n");
        File.WriteAllText(_home["other"], "two\n");
        var environment = new CliEnvironment { Url = "http://127.0.0.1:8000", Home = _home.Path };

        Assert.Equal(("127.0.0.1", 8000, "one"), Parts(ManagerAddress.Find(environment)));
        Assert.Equal(("127.0.0.1", 8000, "two"), Parts(ManagerAddress.Find(environment with { TokenFile = _home["other"] })));
        Assert.Equal("file.missing", Assert.Throws<ProblemException>(() => ManagerAddress.Find(environment with { TokenFile = _home["none"] })).Problem.Code);

        static (string?, int, string?) Parts(ManagerAddress address) => (address.Host, address.Port, address.Token);
    }

    private static Task<T> Run<T>(Func<T> call) =>
        Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private ApiClient Client() =>
        new(() => ManagerAddress.Find(new CliEnvironment { Home = _home.Path }), new Talk(Stream.Null, Screen.None));

    private Task<string> Read(ApiClient client) => Run(() => Encoding.UTF8.GetString(client.GetBytes("/x", _stop.Token)));
}
