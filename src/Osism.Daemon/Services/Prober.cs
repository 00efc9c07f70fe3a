using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.Options;
using Osism.Contracts.Services;

namespace Osism.Daemon.Services;

/// <summary>Tries addresses of services, a bounded number at a time.</summary>
internal sealed class Prober : IDisposable
{
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _slots;
    private readonly HttpClient _strict = Client(verify: true);
    private readonly HttpClient _lenient = Client(verify: false);

    public Prober(IOptions<ServicesOptions> options, TimeProvider time)
    {
        (_timeout, _time) = (options.Value.ProbeTimeout, time);
        _slots = new SemaphoreSlim(options.Value.ProbesAtOnce);
    }

    /// <summary>Tries one target. Its time begins when it is its turn.</summary>
    /// <param name="probe">What counts as working.</param>
    /// <param name="target"><c>ADDRESS:PORT</c>, or a URL.</param>
    /// <param name="host">The host it is on, for the answer.</param>
    /// <param name="cancellationToken">Nobody wants to know any more.</param>
    public async Task<ServiceTargetInfo> TryAsync(ServiceProbe probe, string target, string? host, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken);
        var began = _time.GetTimestamp();
        try
        {
            var patience = probe.Timeout ?? _timeout;
            using var timeout = new CancellationTokenSource(patience, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            try
            {
                var (healthy, detail) = probe.Kind == ProbeKind.Tcp
                    ? await ConnectAsync(target, either.Token)
                    : await AskAsync(probe, target, either.Token);
                return Info(healthy, detail);
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return Info(false, $"no answer within {patience.TotalSeconds:0.#} s");
            }
            catch (Exception e) when (e is SocketException or HttpRequestException or IOException or AuthenticationException)
            {
                return Info(false, Why(e));
            }
        }
        finally
        {
            _slots.Release();
        }

        ServiceTargetInfo Info(bool healthy, string detail) => new(target, host, healthy, detail, (long)_time.GetElapsedTime(began).TotalMilliseconds);
    }

    public void Dispose()
    {
        _strict.Dispose();
        _lenient.Dispose();
        _slots.Dispose();
    }

    private static async Task<(bool Healthy, string Detail)> ConnectAsync(string target, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate($"tcp://{target}", UriKind.Absolute, out var address) || address.Port <= 0)
        {
            return (false, $"'{target}' is not ADDRESS:PORT");
        }

        using var client = new TcpClient();
        await client.ConnectAsync(address.DnsSafeHost, address.Port, cancellationToken);
        return (true, "takes connections");
    }

    private async Task<(bool Healthy, string Detail)> AskAsync(ServiceProbe probe, string target, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(target, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
        {
            return (false, $"'{target}' is no URL of http or https");
        }

        using var answer = await (probe.Verify ? _strict : _lenient).GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var status = (int)answer.StatusCode;
        return probe.Status.Any(range => range.Has(status))
            ? (true, $"answers {status}")
            : (false, $"answers {status}; good is {string.Join(", ", probe.Status)}");
    }

    /// <summary>The innermost reason, in one line.</summary>
    private static string Why(Exception e)
    {
        var inner = e;
        while (inner.InnerException is { } next)
        {
            inner = next;
        }

        return inner switch
        {
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "refuses connections",
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => "its name cannot be resolved",
            AuthenticationException => "its certificate is not trusted here; add the authority to this machine, or say 'verify: false' at the probe",
            _ => inner.Message.ReplaceLineEndings(" ").TrimEnd('.'),
        };
    }

    private static HttpClient Client(bool verify)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            // A look tells how things are now, and not how they were when a kept connection was made.
            PooledConnectionLifetime = TimeSpan.Zero,
        };
        if (!verify)
        {
#pragma warning disable CA5359, MA0039 // Only where the operator wrote 'verify: false': nothing is sent but GET without credentials.
            handler.SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true };
#pragma warning restore CA5359, MA0039
        }

        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }
}
