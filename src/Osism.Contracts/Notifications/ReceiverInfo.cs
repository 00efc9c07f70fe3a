namespace Osism.Contracts.Notifications;

/// <summary>Who is told what happens, and how that goes. Holds no secret.</summary>
/// <param name="Name">As the settings call it.</param>
/// <param name="Kind"><c>webhook</c>, <c>slack</c>, <c>matrix</c> or <c>mail</c>.</param>
/// <param name="Place">Host, or address of the mail.</param>
/// <param name="Events">What it is told of.</param>
/// <param name="Pending">Deliveries under way.</param>
/// <param name="Sent">Deliveries it took.</param>
/// <param name="Failed">Deliveries that were given up.</param>
/// <param name="LastSentAt">When it took the last one.</param>
/// <param name="LastError">Why it did not take the last one that it did not take.</param>
public sealed record ReceiverInfo(
    string Name, string Kind, string Place, IReadOnlyList<string> Events, int Pending, int Sent, int Failed, DateTimeOffset? LastSentAt, string? LastError);
