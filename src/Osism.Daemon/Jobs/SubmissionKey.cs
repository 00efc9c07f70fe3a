using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Platform.Http;

namespace Osism.Daemon.Jobs;

/// <summary>What a client calls one submission (header <c>Idempotency-Key</c>): sent again under the same key it gives the jobs of the first time.</summary>
/// <param name="Key">A UUID, new for each submission.</param>
/// <param name="BodySha256">Of who submits what where: the same key for something else is a mistake of the client.</param>
internal sealed record SubmissionKey(Guid Key, byte[] BodySha256)
{
    /// <summary>Without defaults: what a later version adds to the body does not change the hash of those that do not use it.</summary>
    private static readonly JsonSerializerOptions Bare = new(OsismJson.Default.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    /// <summary>For the description of the API.</summary>
    public static HeaderNote Header { get; } =
        new(ApiRoutes.IdempotencyKeyHeader, "A UUID, new for each submission: sent again under the same one it makes no second job");

    /// <summary>How long a key is remembered.</summary>
    public static TimeSpan Memory { get; } = TimeSpan.FromDays(7);

    /// <summary>Null without the header.</summary>
    /// <exception cref="OsismException">It is no UUID (<c>request.invalid</c>).</exception>
    public static SubmissionKey? Of<T>(HttpContext context, T body)
    {
        var text = context.Request.Headers[ApiRoutes.IdempotencyKeyHeader].ToString();
        if (text.Length == 0)
        {
            return null;
        }

        if (!Guid.TryParse(text, out var key))
        {
            throw new OsismException(ErrorCodes.RequestInvalid, $"{ApiRoutes.IdempotencyKeyHeader} is '{text}': it must be a UUID, new for each submission");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{Caller.Of(context)}\n{typeof(T).Name}\n"));
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(body, (JsonTypeInfo<T>)Bare.GetTypeInfo(typeof(T))));
        return new SubmissionKey(key, hash.GetHashAndReset());
    }
}
