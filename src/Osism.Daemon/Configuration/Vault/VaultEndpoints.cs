using Microsoft.AspNetCore.Http.HttpResults;
using Osism.Contracts;
using Osism.Contracts.Vault;

namespace Osism.Daemon.Configuration.Vault;

/// <summary><c>/v1/vault</c>: the vault password and what it opens.</summary>
/// <remarks>What shows a secret is a POST, so that nobody who may only read gets it.</remarks>
internal static partial class VaultEndpoints
{
    public static void MapVault(this IEndpointRouteBuilder app)
    {
        var vault = app.MapGroup(ApiRoutes.Vault).WithTags("vault");
        vault.MapGet("", DescribeAsync).WithSummary("Whether a vault password is stored");
        vault.MapPut(Below(ApiRoutes.VaultPassword), SetAsync).WithSummary("Store the vault password");
        vault.MapDelete(Below(ApiRoutes.VaultPassword), UnsetAsync).WithSummary("Forget the vault password");
        vault.MapPost(Below(ApiRoutes.VaultView), ViewAsync).WithSummary("The plain text of a file of the configuration repository");
        vault.MapPost(Below(ApiRoutes.VaultDecrypt), DecryptAsync).WithSummary("Store a vault file as plain text");
        vault.MapGet(Below(ApiRoutes.VaultCheck), CheckAsync).WithSummary("Try the vault password");
    }

    private static string Below(string route) => route[ApiRoutes.Vault.Length..];

    private static async Task<Ok<VaultInfo>> DescribeAsync(VaultKeeper keeper, CancellationToken cancellationToken) =>
        TypedResults.Ok(await keeper.DescribeAsync(cancellationToken));

    private static async Task<Ok<VaultInfo>> SetAsync(
        SetVaultPassword request, VaultKeeper keeper, ILogger<VaultKeeper> logger, HttpContext context, CancellationToken cancellationToken)
    {
        await keeper.SetPasswordAsync(request.Password, Actor(context), cancellationToken);
        LogSet(logger, Actor(context));
        return TypedResults.Ok(await keeper.DescribeAsync(cancellationToken));
    }

    private static async Task<Ok<VaultInfo>> UnsetAsync(
        VaultKeeper keeper, ILogger<VaultKeeper> logger, HttpContext context, CancellationToken cancellationToken)
    {
        if (await keeper.UnsetAsync(cancellationToken))
            LogUnset(logger, Actor(context));
        return TypedResults.Ok(await keeper.DescribeAsync(cancellationToken));
    }

    private static async Task<Ok<VaultContent>> ViewAsync(
        VaultFile file, VaultFiles files, ILogger<VaultKeeper> logger, HttpContext context, CancellationToken cancellationToken)
    {
        var content = await files.ViewAsync(file.Path, cancellationToken);
        LogViewed(logger, file.Path, Actor(context));
        return TypedResults.Ok(content);
    }

    /// <returns>Whether the file was encrypted; its content is not repeated.</returns>
    private static async Task<Ok<VaultContent>> DecryptAsync(
        VaultFile file, VaultFiles files, ILogger<VaultKeeper> logger, HttpContext context, CancellationToken cancellationToken)
    {
        var encrypted = await files.DecryptInPlaceAsync(file.Path, cancellationToken);
        if (encrypted)
            LogDecrypted(logger, file.Path, Actor(context));
        return TypedResults.Ok(new VaultContent(file.Path, encrypted, Content: ""));
    }

    /// <param name="path">File to try; without one, the first encrypted one is chosen.</param>
    private static async Task<Ok<VaultCheck>> CheckAsync(string? path, VaultChecker checker, CancellationToken cancellationToken) =>
        TypedResults.Ok(await checker.CheckAsync(string.IsNullOrEmpty(path) ? null : path, cancellationToken));

    private static string Actor(HttpContext context) => context.User.Identity?.Name ?? "unknown";

    [LoggerMessage(Level = LogLevel.Information, Message = "Vault password set by {Actor}")]
    private static partial void LogSet(ILogger logger, string actor);

    [LoggerMessage(Level = LogLevel.Information, Message = "Vault password forgotten at the wish of {Actor}")]
    private static partial void LogUnset(ILogger logger, string actor);

    [LoggerMessage(Level = LogLevel.Information, Message = "{File} shown in plain text to {Actor}")]
    private static partial void LogViewed(ILogger logger, string file, string actor);

    [LoggerMessage(Level = LogLevel.Information, Message = "{File} decrypted in place by {Actor}")]
    private static partial void LogDecrypted(ILogger logger, string file, string actor);
}
