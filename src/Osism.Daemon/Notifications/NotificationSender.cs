using System.Net;
using System.Net.Http.Headers;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Notifications;

/// <summary>Brings one notice to one receiver, or says why not. What it says holds no secret: neither address paths nor tokens.</summary>
internal sealed class NotificationSender(IOptions<NotificationOptions> options) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public void Dispose() => _http.Dispose();

    /// <param name="id">Of the delivery; receivers that know it drop a second copy.</param>
    /// <param name="receiver">Where to.</param>
    /// <param name="title">One line.</param>
    /// <param name="body">As <see cref="Notice.BodyFor"/> made it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null when it was taken; else why not.</returns>
    public async Task<string?> SendAsync(string id, ReceiverOptions receiver, string title, string body, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Value.Timeout);
        try
        {
            if (receiver.Kind == "mail")
            {
                await MailAsync(id, receiver, title, body, limit.Token);
                return null;
            }

            return await PostAsync(id, receiver, body, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {options.Value.Timeout.TotalSeconds:0.#} s";
        }
        catch (HttpRequestException e)
        {
            return $"{e.HttpRequestError}: {(e.InnerException ?? e).Message}";
        }
        catch (SmtpException e)
        {
            return $"{e.StatusCode}: {(e.InnerException ?? e).Message}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or InvalidOperationException)
        {
            return e.Message;
        }
    }

    private async Task<string?> PostAsync(string id, ReceiverOptions receiver, string body, CancellationToken cancellationToken)
    {
        // Matrix wants the id of the message in its path: sent twice, it is one message.
        using var request = receiver.Kind == "matrix"
            ? new HttpRequestMessage(HttpMethod.Put, $"{receiver.Url!.TrimEnd('/')}/osism-{Uri.EscapeDataString(id)}")
            : new HttpRequestMessage(HttpMethod.Post, receiver.Url);
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Add("Idempotency-Key", id);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("osism", Platform.ProgramVersion.Current));
        if (await SecretAsync(receiver.Token, receiver.TokenFile, cancellationToken) is { } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return answer.IsSuccessStatusCode ? null : $"answered {(int)answer.StatusCode}";
    }

    private static async Task MailAsync(string id, ReceiverOptions receiver, string title, string body, CancellationToken cancellationToken)
    {
        using var mail = new MailMessage
        {
            From = new MailAddress(receiver.From!),
            Subject = title.ReplaceLineEndings(" "),
            SubjectEncoding = Encoding.UTF8,
            Body = body,
            BodyEncoding = Encoding.UTF8,
            BodyTransferEncoding = TransferEncoding.QuotedPrintable,
        };
        foreach (var address in ReceiverOptions.Split(receiver.To))
        {
            mail.To.Add(address);
        }

        mail.Headers.Add("Message-ID", $"<{id}@{Dns.GetHostName()}.osism>");
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        using var client = new SmtpClient(receiver.Server, receiver.Port) { EnableSsl = receiver.StartTls };
        if (receiver.User is { } user)
        {
            client.Credentials = new NetworkCredential(user, await SecretAsync(receiver.Password, receiver.PasswordFile, cancellationToken) ?? "");
        }

        await client.SendMailAsync(mail, cancellationToken);
    }

    private static async Task<string?> SecretAsync(string? value, string? file, CancellationToken cancellationToken) =>
        file is null ? value : (await File.ReadAllTextAsync(file, cancellationToken)).Trim();
}
