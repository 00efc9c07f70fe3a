using Osism.Daemon.Setup;
using Osism.Testing;

namespace Osism.Tests.Setup;

public sealed class SecretSchemaTests
{
    private static readonly Dictionary<string, string> Forms = new(StringComparer.Ordinal)
    {
        ["password"] = "^'[A-Za-z0-9]{40}'$",
        ["digits40"] = "^'[0-9]{40}'$",
        ["key50"] = "^'[A-Za-z0-9]{50}'$",
        ["salt"] = "^'[A-Za-z0-9]{22}'$",
        ["uuid"] = "^'[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'$",
        ["base64"] = "^'[A-Za-z0-9+/]{43}='$",
        ["ssh"] = "^\n  private_key: [|]\n    PRIVATE\n  public_key: PUBLIC$",
        ["crypt"] = "^'[$]6[$][A-Za-z0-9]{16}[$][A-Za-z0-9./]{86}'$",
        ["same"] = "^'.+'$",
    };

    [Fact]
    public async Task Every_secret_has_the_form_of_its_kind_and_those_that_are_the_same_are()
    {
        var made = await SecretSchema.MakeAsync(_ => Task.FromResult(new KeyPair("PRIVATE\n", "PUBLIC\n")));
        var entries = SecretSchema.Entries().ToList();

        Assert.Equal(entries.Count, made.Values.Sum(file => file.Count));
        Assert.All(entries, entry => Assert.Matches(Forms[entry.Kind], made[entry.Environment][entry.Name]));
        Assert.All(entries.Where(entry => entry.Kind == "same"), entry => Assert.Equal(Of(entry.Of!), made[entry.Environment][entry.Name]));
        var own = entries.Where(entry => entry.Kind is not ("same" or "ssh")).Select(entry => made[entry.Environment][entry.Name]).ToList();
        Assert.Equal(own.Count, own.Distinct(StringComparer.Ordinal).Count());

        string Of(string name) => made[name.Split('/')[0]][name.Split('/')[1]];
    }

    [Theory]
    [InlineData("x")]
    [InlineData("a password of some more words than one block of the hash may hold, which is the case with this one; 1234567890")]
    [InlineData("rMk8uAYg5Xge6egqun2Zc7FmEqWLY1M8cP99NIMM")]
    public async Task A_hash_for_etc_shadow_is_that_of_openssl(string password)
    {
        var other = await new Command("openssl") { Arguments = ["passwd", "-6", "-salt", "saltstring123456", "-stdin"], Input = System.Text.Encoding.UTF8.GetBytes(password + "\n") }
            .MustAsync(TestContext.Current.CancellationToken);

        Assert.Equal(other.Text.Trim(), ShadowHash.Of(password, "saltstring123456"));
    }
}
