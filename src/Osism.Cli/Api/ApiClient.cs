using System.Buffers;
using System.Text;
using System.Text.Json;
using Osism.Cli.Terminal;
using Osism.Contracts;
using Osism.Contracts.Jobs;

namespace Osism.Cli.Api;

/// <summary>Calls of the manager's API. One connection, kept open between calls and opened again when it was closed.</summary>
internal sealed class ApiClient(Func<ManagerAddress> find, Talk talk) : IDisposable
{
    /// <summary>How long the manager may be silent beyond the time the call itself asks it to wait.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private ManagerAddress? _address;
    private HttpConnection? _connection;

    /// <summary>Reads one object.</summary>
    /// <exception cref="ProblemException">The manager refused, or is away.</exception>
    public T Get<T>(string path, Func<JsonElement, T> read, CancellationToken cancellationToken)
        where T : class => Read(Call("GET", path, default, cancellationToken), read);

    /// <summary>Reads the first page of a list.</summary>
    /// <exception cref="ProblemException">The manager refused, or is away.</exception>
    public List<T> GetList<T>(string path, Func<JsonElement, T> read, CancellationToken cancellationToken)
        where T : class => Get(path, page => page.List("items", read), cancellationToken);

    /// <summary>Reads the body as it is.</summary>
    /// <exception cref="ProblemException">The manager refused, or is away.</exception>
    public byte[] GetBytes(string path, CancellationToken cancellationToken) =>
        Call("GET", path, default, cancellationToken);

    /// <summary>The same of what the manager has to find out first.</summary>
    /// <param name="patience">How long it may be silent.</param>
    /// <exception cref="ProblemException">The manager refused, or is away.</exception>
    public byte[] GetBytes(string path, TimeSpan patience, CancellationToken cancellationToken) =>
        Call("GET", path, default, cancellationToken, patience: patience);

    /// <summary>Sends one object and reads the answer as it is.</summary>
    /// <exception cref="ProblemException">The manager refused, or is away.</exception>
    public byte[] Send(string method, string path, Action<Utf8JsonWriter> write, CancellationToken cancellationToken) =>
        Send(method, path, null, write, cancellationToken);

    /// <summary>Sends a submission under a key of its own, so that it may be sent again when nobody answered.</summary>
    /// <exception cref="ProblemException">The manager refused, or is away.</exception>
    public byte[] Submit(string path, Guid key, Action<Utf8JsonWriter> write, CancellationToken cancellationToken) =>
        Send("POST", path, key, write, cancellationToken);

    private byte[] Send(string method, string path, Guid? key, Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
    {
        var content = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(content))
            write(writer);
        return Call(method, path, content.WrittenMemory, cancellationToken, key);
    }

    /// <summary>Removes what the path names.</summary>
    /// <exception cref="ProblemException">The manager refused, or is away.</exception>
    public byte[] Delete(string path, CancellationToken cancellationToken) => Call("DELETE", path, default, cancellationToken);

    /// <summary>Hands the stored output of a job from <paramref name="offset"/> on to <paramref name="receive"/>, as it comes over the wire.</summary>
    /// <param name="wait">How long the manager may wait for the first byte.</param>
    /// <exception cref="ProblemException">The manager refused or is away; what <paramref name="receive"/> was given before is valid.</exception>
    public OutputHead GetOutput(
        Guid id, long offset, TimeSpan wait, Action<ReadOnlyMemory<byte>> receive, CancellationToken cancellationToken)
    {
        return Guard(
            () =>
            {
                var answer = Start("GET", ApiRoutes.Output(id, offset, (int)wait.TotalSeconds), default, wait + Patience, cancellationToken);
                if (answer.Status != 200)
                    throw Problem(answer);

                var buffer = new byte[32 * 1024];
                int count;
                while ((count = answer.Read(buffer)) > 0)
                    receive(buffer.AsMemory(0, count));
                Finish(answer);
                return new OutputHead(
                    long.Parse(answer.Header(ApiRoutes.OutputLengthHeader) ?? "0"),
                    answer.Header(ApiRoutes.OutputCompleteHeader) == "true",
                    JobStates.FromWireName(answer.Header(ApiRoutes.JobStateHeader) ?? ""));
            },
            cancellationToken);
    }

    /// <summary>Hands a body on to <paramref name="receive"/> as it comes over the wire, however long it is.</summary>
    /// <exception cref="ProblemException">The manager refused or is away; what <paramref name="receive"/> was given before is valid.</exception>
    public void Receive(string path, Action<ReadOnlyMemory<byte>> receive, CancellationToken cancellationToken) => Guard(
        () =>
        {
            var answer = Start("GET", path, default, Patience, cancellationToken);
            if (answer.Status != 200)
                throw Problem(answer);

            var buffer = new byte[32 * 1024];
            int count;
            while ((count = answer.Read(buffer)) > 0)
                receive(buffer.AsMemory(0, count));
            Finish(answer);
            return true;
        },
        cancellationToken);

    public void Dispose() => _connection?.Dispose();

    /// <summary>Reads an object out of an answer.</summary>
    /// <exception cref="ProblemException">It is not what this version understands (<c>internal.error</c>).</exception>
    public static T Read<T>(ReadOnlyMemory<byte> body, Func<JsonElement, T> read)
        where T : class
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new ProblemException(
                ErrorCodes.InternalError, $"the manager's answer is not what this osism understands ({e.Message}); are both of one version?", e);
        }
    }

    private byte[] Call(string method, string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken, Guid? key = null, TimeSpan? patience = null) =>
        Guard(
            () =>
            {
                var answer = Start(method, path, body.Span, patience ?? Patience, cancellationToken, key);
                if (answer.Status is < 200 or >= 300)
                    throw Problem(answer);
                var content = answer.ReadAll();
                Finish(answer);
                return content;
            },
            cancellationToken);

    private HttpAnswer Start(
        string method, string path, ReadOnlySpan<byte> body, TimeSpan patience, CancellationToken cancellationToken, Guid? key = null)
    {
        _address ??= find();
        talk.Detail($"{method} {path} at {_address.Name}");
        var head = Head(method, path, body.Length, _address, key);

        // A kept connection may have been closed by the other end. Asking again is harmless for a GET; anything else gets a new one at once.
        if (_connection is not null && method == "GET")
        {
            try
            {
                return _connection.Send(head, body, patience);
            }
            catch (IOException) when (!cancellationToken.IsCancellationRequested)
            {
                talk.Detail("the kept connection was closed; opening another");
            }
        }

        Close();
        _connection = new HttpConnection(_address.Connect(cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        return _connection.Send(head, body, patience);
    }

    private void Close()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private void Finish(HttpAnswer answer)
    {
        if (!answer.CanReuse)
            Close();
    }

    private static string Head(string method, string path, int length, ManagerAddress address, Guid? key)
    {
        var head = new StringBuilder(256);
        head.Append(method).Append(' ').Append(path).Append(" HTTP/1.1\r\nHost: ")
            .Append(address.IsSocket ? "localhost" : address.Name)
            .Append("\r\nUser-Agent: osism\r\nAccept: application/json, */*\r\n");
        if (address.Token is { } token)
            head.Append("Authorization: Bearer ").Append(token).Append("\r\n");
        if (key is { } submission)
            head.Append(ApiRoutes.IdempotencyKeyHeader).Append(": ").Append(submission).Append("\r\n");
        if (length > 0)
            head.Append("Content-Type: application/json\r\n");
        if (length > 0 || method is "POST" or "PUT")
            head.Append("Content-Length: ").Append(length).Append("\r\n");
        return head.Append("\r\n").ToString();
    }

    private T Guard<T>(Func<T> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // What blocks in the socket is woken by closing it.
        using var woken = cancellationToken.UnsafeRegister(static client => ((ApiClient)client!)._connection?.Dispose(), this);
        try
        {
            return call();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Whatever it was, an answer may be half read: the connection cannot be used again.
            Close();
            throw Failure(e, cancellationToken);
        }
    }

    private Exception Failure(Exception e, CancellationToken cancellationToken) => e switch
    {
        OutputException => e,
        _ when cancellationToken.IsCancellationRequested => new OperationCanceledException(e.Message, e, cancellationToken),
        ConnectException { Denied: true } =>
            new ProblemException(ErrorCodes.AccessDenied, $"this user may not use {_address?.Name}; its owner and group may", e),
        ConnectException => new ProblemException(ErrorCodes.ManagerAway, AwayText(), e),
        _ => new ProblemException(ErrorCodes.ManagerAway, $"the manager at {_address?.Name} went away before it had answered ({e.Message})", e) { IsUnanswered = true },
    };

    private string AwayText() =>
        _address!.IsSocket
            ? $"no manager answers on {_address.Name}; start one with 'osismd', or name its folder in OSISM_HOME or its address in OSISM_URL"
            : $"no manager answers at {_address.Name}; see that osismd runs there and listens on this address";

    private ProblemException Problem(HttpAnswer answer)
    {
        var body = answer.ReadAll();
        var status = answer.Status;
        Finish(answer);
        if (body.Length > 0 && body[0] == '{')
        {
            try
            {
                return new ProblemException(Read(body, json => json.TryGetProperty("code", out _) ? ProblemJson.Read(json) : ProblemJson.ReadForeign(json, status)));
            }
            catch (ProblemException)
            {
                // Not a problem of ours; the status says what it can.
            }
        }

        return status switch
        {
            401 or 403 => new ProblemException(ErrorCodes.AccessDenied, $"the manager refuses this without a valid token (HTTP {status}); see OSISM_TOKEN_FILE"),
            503 => new ProblemException(ErrorCodes.ManagerAway, "the manager is not ready (HTTP 503)"),
            _ => new ProblemException(ErrorCodes.InternalError, $"the manager answered HTTP {status} without saying why; are it and this osism of one version?"),
        };
    }
}

/// <summary>What an answer with output said about the job.</summary>
/// <param name="Length">Bytes stored.</param>
/// <param name="Complete">No more will come.</param>
/// <param name="State">The job's state, null when it is one this version does not know.</param>
internal sealed record OutputHead(long Length, bool Complete, JobState? State);
