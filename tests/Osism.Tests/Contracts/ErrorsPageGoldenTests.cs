using Osism.Contracts;
using Osism.Testing;

namespace Osism.Tests.Contracts;

/// <summary>The table in <c>docs/handbook/errors.md</c> is the table in the code. <c>./dev golden</c> writes it anew.</summary>
public sealed class ErrorsPageGoldenTests
{
    private const string Head = "| code | HTTP | exit code | means |\n|---|---|---|---|\n";

    [Fact]
    public async Task The_handbook_has_every_error_code_with_its_status_exit_code_and_meaning()
    {
        var path = Checkout.PathOf("docs", "handbook", "errors.md");
        var page = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        var table = Head + string.Concat(ErrorCodes.All.Values.OrderBy(code => code.Code, StringComparer.Ordinal)
            .Select(code => $"| `{code.Code}` | {code.Status} | {code.ExitCode} | {code.Meaning} |\n"));
        var start = page.IndexOf(Head, StringComparison.Ordinal);
        Assert.True(start >= 0, $"{path} has no table of codes");
        var end = page.IndexOf("\n\n", start, StringComparison.Ordinal) is var blank and >= 0 ? blank + 1 : page.Length;
        if (Environment.GetEnvironmentVariable("OSISM_GOLDEN") == "write")
        {
            page = page[..start] + table + page[end..];
            await File.WriteAllTextAsync(path, page, TestContext.Current.CancellationToken);
            return;
        }

        Assert.Equal(table, page[start..end]);
    }
}
