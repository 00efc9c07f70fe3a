using System.ComponentModel.DataAnnotations;
using System.Net.Mail;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Osism.Daemon.Notifications;

/// <summary>Who is told what. Section <c>notifications</c>.</summary>
internal sealed class NotificationOptions
{
    public const string Section = "notifications";

    /// <summary>After how long without output a running job is reported. Default 30 min; 0 = never.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan SilenceAfter { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a receiver is not told again that the same goes wrong in the same way. Default 12 h; 0 tells it each time.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan RepeatAfter { get; set; } = TimeSpan.FromHours(12);

    /// <summary>How long a delivery is tried. Default 24 h.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "30.00:00:00")]
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long one attempt may take. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:05:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause before the second attempt; it doubles each time, up to an hour. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause between two looks for something to tell. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:10:00")]
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Receivers by name.</summary>
    public Dictionary<string, ReceiverOptions> Receivers { get; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>One receiver.</summary>
internal sealed class ReceiverOptions
{
    /// <summary><c>webhook</c>, <c>slack</c>, <c>matrix</c> or <c>mail</c>.</summary>
    public string Kind { get; set; } = "";

    /// <summary>Where to: an address of the receiver; for matrix <c>https://HOST/_matrix/client/v3/rooms/ROOM/send/m.room.message</c>. Counts as a secret.</summary>
    public string? Url { get; set; }

    /// <summary>Sent as a Bearer token.</summary>
    public string? Token { get; set; }

    /// <summary>A file with the token, read for each attempt.</summary>
    public string? TokenFile { get; set; }

    /// <summary>JSON with <c>{title}</c>, <c>{text}</c>, <c>{event}</c>, <c>{subject}</c>, <c>{job}</c>, <c>{state}</c> in its texts, instead of the usual body of a webhook.</summary>
    public string? Template { get; set; }

    /// <summary>Comma list of <c>failure</c>, <c>loss</c>, <c>silence</c>, <c>recovery</c>. Default all.</summary>
    public string? Events { get; set; }

    /// <summary>Comma list of environments. Default all.</summary>
    public string? Environments { get; set; }

    /// <summary>Mail: comma list of addresses.</summary>
    public string? To { get; set; }

    /// <summary>Mail: the sender's address.</summary>
    public string? From { get; set; }

    /// <summary>Mail: name of the server. Default localhost.</summary>
    public string Server { get; set; } = "localhost";

    /// <summary>Mail: its port. Default 25.</summary>
    public int Port { get; set; } = 25;

    /// <summary>Mail: whether STARTTLS must be. Default false.</summary>
    public bool StartTls { get; set; }

    /// <summary>Mail: account at the server; none = without logging in.</summary>
    public string? User { get; set; }

    public string? Password { get; set; }

    /// <summary>A file with the password, read for each attempt.</summary>
    public string? PasswordFile { get; set; }

    public bool Wants(string kind, string environment) => Has(Events, kind) && Has(Environments, environment);

    /// <summary>Where it goes, for people: nothing of it is secret.</summary>
    public string Place => Kind == "mail" ? $"{To} by {Server}:{Port}" : Uri.TryCreate(Url, UriKind.Absolute, out var url) ? $"{url.Scheme}://{url.Authority[(url.Authority.IndexOf('@', StringComparison.Ordinal) + 1)..]}/..." : "";

    internal static string[] Split(string? list) => list?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static bool Has(string? list, string item) => Split(list) is not { Length: > 0 } items || items.Contains(item, StringComparer.OrdinalIgnoreCase);
}

/// <summary>Every mistake is named, and none by its secret.</summary>
internal sealed class NotificationOptionsValidator : IValidateOptions<NotificationOptions>
{
    private static readonly string[] Kinds = ["webhook", "slack", "matrix", "mail"];
    private static readonly string[] Events = ["failure", "loss", "silence", "recovery"];

    public ValidateOptionsResult Validate(string? name, NotificationOptions options)
    {
        var faults = new List<string>();
        var results = new List<ValidationResult>();
        if (!Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true))
        {
            faults.AddRange(results.Select(result => result.ErrorMessage ?? "a setting is out of its range"));
        }

        foreach (var (receiver, settings) in options.Receivers)
        {
            faults.AddRange(Faults(settings).Select(fault => $"notifications.receivers.{receiver}: {fault}"));
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> Faults(ReceiverOptions settings)
    {
        if (!Kinds.Contains(settings.Kind, StringComparer.Ordinal))
        {
            yield return $"kind is '{settings.Kind}': it must be {string.Join(", ", Kinds)}";
        }
        else if (settings.Kind == "mail")
        {
            var addresses = ReceiverOptions.Split(settings.To);
            foreach (var address in addresses.Append(settings.From ?? "").Where(address => !MailAddress.TryCreate(address, out _)))
            {
                yield return $"'{address}' is no mail address: a mail needs 'from' and 'to'";
            }

            if (addresses.Length == 0)
            {
                yield return "'to' is missing";
            }

            if (settings.Port is < 1 or > 65535)
            {
                yield return $"port is {settings.Port}: it must be 1 to 65535";
            }
        }
        else if (!Uri.TryCreate(settings.Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            yield return "url must be an address that begins with http:// or https://";
        }

        foreach (var unknown in ReceiverOptions.Split(settings.Events).Except(Events, StringComparer.OrdinalIgnoreCase))
        {
            yield return $"there is no event '{unknown}': use {string.Join(", ", Events)}";
        }

        if (settings.Template is { } template)
        {
            if (settings.Kind != "webhook")
            {
                yield return "a template is for the kind webhook";
            }
            else if (!IsJson(template))
            {
                yield return "the template is no JSON";
            }
        }
    }

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
