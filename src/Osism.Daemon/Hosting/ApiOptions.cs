using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Hosting;

/// <summary>Where the API listens. Section <c>api</c>.</summary>
internal sealed class ApiOptions : IValidatableObject
{
    public const string Section = "api";

    private const string None = "none";

    /// <summary>TCP address and port, <c>OSISM_LISTEN</c>. Default <c>127.0.0.1:8000</c>; <c>none</c> leaves only the Unix socket.</summary>
    [Required]
    public string Listen { get; set; } = "127.0.0.1:8000";

    /// <summary>Group that may use the Unix socket beside its owner. Default: the group of the runs' user, so that plays may call <c>osism</c>.</summary>
    public string? SocketGroup { get; set; }

    /// <summary><see cref="Listen"/> in numbers; null for none.</summary>
    public IPEndPoint? ToEndPoint() => Listen == None ? null : Parse(Listen);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Listen != None && Parse(Listen) is null)
        {
            yield return new ValidationResult("api.listen must be ADDRESS:PORT, such as 127.0.0.1:8000 or [::1]:8000, or none.", [nameof(Listen)]);
        }
    }

    // Not IPEndPoint's own reading: it takes "1" for an address and a missing port for 0.
    private static IPEndPoint? Parse(string text) =>
        text.LastIndexOf(':') is var colon and > 0
        && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
        && (text[0] == '[') == (text[colon - 1] == ']')
        && IPAddress.TryParse(text.AsSpan(0, colon), out var address)
        && (text[0] == '[' || text.AsSpan(0, colon).Count('.') == 3)
            ? new IPEndPoint(address, port)
            : null;
}

[OptionsValidator]
internal sealed partial class ApiOptionsValidator : IValidateOptions<ApiOptions>;
