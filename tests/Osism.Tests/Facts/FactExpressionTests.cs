using System.Text.Json;
using Osism.Daemon.Facts;
using Osism.Daemon.Platform;

namespace Osism.Tests.Facts;

/// <summary>Conditions on facts.</summary>
public sealed class FactExpressionTests
{
    [Theory]
    [InlineData("a=12*", "\"12.10\"", true)]
    [InlineData("a=12*", "\"11\"", false)]
    [InlineData("a=debian", "\"Debian\"", true)]
    [InlineData("a!=debian", "\"Debian\"", false)]
    [InlineData("a=true", "true", true)]
    [InlineData("a=x", "[\"y\", \"x\"]", true)]
    [InlineData("a!=x", "[\"y\", \"x\"]", false)]
    [InlineData("a~^1[0-9]$", "12", true)]
    [InlineData("a>=12.10", "\"12.9\"", false)]
    [InlineData("a>12.9", "\"12.10\"", true)]
    [InlineData("a<100", "99", true)]
    [InlineData("a <= 5", "5", true)]
    [InlineData("a>5", "5.5", true)]
    [InlineData("a", "null", true)]
    [InlineData("a=b=c", "\"b=c\"", true)]
    public void They_fit_or_not(string text, string value, bool fits)
    {
        using var json = JsonDocument.Parse(value);
        var condition = FactExpression.Parse(text);

        Assert.Equal("a", condition.Path);
        Assert.Equal(fits, condition.Fits(json.RootElement));
    }

    [Theory]
    [InlineData("=1")]
    [InlineData("")]
    [InlineData("a~(")]
    public void What_is_none_is_the_fault_of_the_asker(string text) =>
        Assert.Equal("request.invalid", Assert.Throws<OsismException>(() => FactExpression.Parse(text)).Code.Code);
}
