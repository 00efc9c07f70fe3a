using System.Net;
using System.Net.Sockets;
using Osism.Testing;

namespace Osism.Tests.Notifications;

/// <summary>A mail server from Debian (python3-aiosmtpd) that writes each mail into a Maildir; with a password it wants one.</summary>
internal sealed class MailReceiver : IAsyncDisposable
{
    private const string Program = """
        import sys, time
        from aiosmtpd.controller import Controller
        from aiosmtpd.handlers import Mailbox
        from aiosmtpd.smtp import AuthResult
        port, folder, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
        class Mails(Mailbox):
            # .NET writes the mechanism in lower case; this server alone tells the cases apart.
            async def auth_login(self, server, args):
                return await server.auth_LOGIN(server, args)
        def check(server, session, envelope, mechanism, data):
            return AuthResult(success=data.password == password.encode() and data.login == b'osism', handled=True)
        more = dict(authenticator=check, auth_required=True, auth_require_tls=False) if password else {}
        Controller(Mails(folder), hostname='127.0.0.1', port=port, **more).start()
        while True: time.sleep(60)
        """;

    private readonly TempFolder _folder = new();
    private RunningCommand? _running;

    public int Port { get; } = FreePort.Next();

    private string Mails => _folder["maildir/new"];

    public static async Task<MailReceiver> StartAsync(string password)
    {
        var receiver = new MailReceiver();
        await File.WriteAllTextAsync(receiver._folder["receive.py"], Program, TestContext.Current.CancellationToken);
        receiver._running = new Command("/usr/bin/python3")
        {
            Arguments = [receiver._folder["receive.py"], $"{receiver.Port}", receiver._folder["maildir"], password],
        }.Start();
        await Eventually.TrueAsync("the mail server listens", () => IsOpen(receiver.Port), Bounds.Long, TestContext.Current.CancellationToken);
        return receiver;
    }

    /// <summary>The first mail that comes.</summary>
    public async Task<string> MailAsync() => await Eventually.SomeAsync(
        "a mail arrives",
        async token => Directory.Exists(Mails) && Directory.EnumerateFiles(Mails).FirstOrDefault() is { } file ? await File.ReadAllTextAsync(file, token) : null,
        Bounds.Long, TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync()
    {
        _running?.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private static bool IsOpen(int port)
    {
        using var client = new TcpClient();
        try
        {
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
