namespace Osism.Daemon.Ara.Resources;

/// <summary>One of the nine kinds of objects: each has the same five routes.</summary>
internal interface IAraResource
{
    /// <summary>Its name in paths.</summary>
    string Name { get; }

    Task ListAsync(HttpContext context, CancellationToken cancellationToken);

    Task ShowAsync(HttpContext context, long id, CancellationToken cancellationToken);

    Task CreateAsync(HttpContext context, CancellationToken cancellationToken);

    /// <param name="context">The request.</param>
    /// <param name="id">Of the object.</param>
    /// <param name="isWhole">PUT, which must name every required field; else PATCH.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    Task ChangeAsync(HttpContext context, long id, bool isWhole, CancellationToken cancellationToken);

    Task DeleteAsync(HttpContext context, long id, CancellationToken cancellationToken);
}
