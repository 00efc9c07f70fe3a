namespace Osism.Contracts.Recording;

/// <summary>A page of <c>GET /v1/search</c>. A page may be empty although more follow: the time of one request is bounded.</summary>
/// <param name="Items">Newest job first, within a job in the order of its bytes.</param>
/// <param name="Next">Where the next request goes on; null when everything was searched.</param>
/// <param name="Jobs">Jobs that this request searched to their end.</param>
/// <param name="Bytes">Bytes that this request looked at.</param>
/// <param name="Reached">When the job that it came to last was submitted; null when there was none.</param>
public sealed record SearchPage(IReadOnlyList<SearchHitInfo> Items, string? Next, int Jobs, long Bytes, DateTimeOffset? Reached);

/// <summary>A line that holds the text.</summary>
/// <param name="Where"><c>output</c>, or the kind of the event: <c>result</c>, <c>item</c>, <c>facts</c>, <c>warning</c> ...</param>
/// <param name="Offset">Of its first byte that matches, in the output or in the events.</param>
/// <param name="Line">Its number, from 1.</param>
/// <param name="Text">The line, or the part of it around the match.</param>
/// <param name="Before">The line before it, in output.</param>
/// <param name="After">The line behind it, in output.</param>
/// <param name="Host">Of an event.</param>
/// <param name="Result">The result it belongs to, see <c>/v1/results/{id}</c>.</param>
/// <param name="Field">Where in an event it stands, such as <c>res.stderr</c>.</param>
public sealed record SearchHitInfo(
    Guid Job, string? Role, DateTimeOffset SubmittedAt, string Where, long Offset, long Line, string Text, string? Before, string? After, string? Host, long? Result, string? Field);
