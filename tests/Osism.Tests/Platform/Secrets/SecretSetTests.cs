using System.Diagnostics;
using System.Text.Json;
using Osism.Daemon.Platform.Secrets;
using Osism.Testing;

namespace Osism.Tests.Platform.Secrets;

public sealed class SecretSetTests
{
    private const string Key = "-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA7v+x/yzA1B2C3D4E5F6G7H8I9J0\nQUJDREVGR0g/kl==\n-----END KEY-----\n";

    /// <summary>Prints, as JSON, the ways in which Python (and so Ansible) writes each of the strings it reads as JSON.</summary>
    private const string Python = """
        import base64, json, shlex, sys, urllib.parse
        forms = []
        for secret in json.load(sys.stdin):
            raw = secret.encode()
            forms += [
                secret, json.dumps(secret), json.dumps(secret, ensure_ascii=False), json.dumps(json.dumps({"a": secret})),
                json.dumps(json.dumps({"a": secret}, ensure_ascii=False), ensure_ascii=False),
                repr(secret), repr({"password": secret}), "'%s'" % secret.replace("'", "''"), shlex.quote(secret),
                urllib.parse.quote(secret), urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret),
                json.dumps(repr(secret)), "postgres://user:%s@host/db" % urllib.parse.quote(secret, safe=""),
            ]
            for before in ("", "x", "xy", "xyz"):
                for after in ("", "1", "12"):
                    text = (before + secret + after).encode()
                    forms += [base64.b64encode(text).decode(), base64.urlsafe_b64encode(text).decode()]
            forms.append(base64.encodebytes(raw).decode())
        json.dump(forms, sys.stdout)
        """;

    private static readonly string[] Secrets =
    [
        "secret", "p@ss w/rd+&%", "O'Brien's", "say \"hi\" 'now'", @"back\slash\n", "Schlüssel-ключ", "emoji-🔑-key", "tab\there", "?>?>?>~~~",
        "null\0byte\x7f\x1b", "<a href=x>&amp;", Key, "two\r\nwindows lines\r\n", "with \"quotes\"\nand 'more' lines\n", string.Concat(Enumerable.Range(100, 80)) + "/+?",
    ];

    [Fact]
    public async Task Every_way_python_writes_a_secret_is_masked()
    {
        var set = SecretSet.Build(Secrets);

        foreach (var form in await AskPythonAsync(TestContext.Current.CancellationToken))
        {
            var masked = StreamingMasker.Mask(form, set);

            // What is left is punctuation, a user and host, line ends, and the digits of base64 which neighbours have a share in.
            var left = masked.Replace("***", "", StringComparison.Ordinal).Replace("postgres://user:", "", StringComparison.Ordinal).Replace("@host/db", "", StringComparison.Ordinal)
                .Replace("password", "", StringComparison.Ordinal).Trim('{', '}', '"', '\\', 'a', ':', ' ', '\'');
            Assert.True(masked.Contains("***", StringComparison.Ordinal) && left.Length <= 12, $"'{form}' became '{masked}'");
        }
    }

    [Theory]
    [InlineData("p@ss w/rd", "p%40ss%20w/rd")]
    [InlineData("p@ss w/rd", "p%40ss+w%2Frd")]
    [InlineData("p@ss w/rd", "p%40ss+w%2frd")]
    [InlineData("wow!(x)@1", "wow!(x)%401")]
    [InlineData("a<b>&c+d", @"a\u003cb\u003e\u0026c+d")]
    [InlineData("it's so", @"it'\''s so")]
    public void Forms_of_other_languages_are_masked(string secret, string form) =>
        Assert.Equal("[***]", StreamingMasker.Mask($"[{form}]", SecretSet.Build([secret])));

    [Fact]
    public void Each_line_of_a_value_is_a_secret_of_its_own_from_six_characters_on()
    {
        var set = SecretSet.Build(["first line\n  second line  \nfive5\n"]);

        Assert.Equal("    *** |\n    *** |\n    five5 |\n", StreamingMasker.Mask("    first line |\n    second line |\n    five5 |\n", set));
    }

    [Fact]
    public void A_line_end_around_a_value_is_not_part_of_it() =>
        Assert.Equal("***\nnext", StreamingMasker.Mask("password\nnext", SecretSet.Build(["password\n"])));

    [Fact]
    public void A_whole_value_is_masked_with_either_line_end()
    {
        var set = SecretSet.Build([Key]);

        Assert.Equal("a ***\nb", StreamingMasker.Mask($"a {Key}b", set));
        Assert.Equal("a ***\r\nb", StreamingMasker.Mask($"a {Key.ReplaceLineEndings("\r\n")}b", set));
    }

    [Theory]
    [InlineData(6, 0)]
    [InlineData(5, 1)]
    public void Short_values_are_not_registered(int minimumLength, int expected)
    {
        var set = SecretSet.Build(["12345", "  12 ", "", "\n\n\n\n\n\n\n"], minimumLength);

        Assert.Equal(expected, set.Count == 0 ? 0 : 1);
        Assert.Equal(expected == 0 ? "12345" : "***", StreamingMasker.Mask("12345", set));
    }

    [Fact]
    public void A_very_long_value_is_masked_without_holding_back_all_of_it()
    {
        var value = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{i:x}🔑"));
        var set = SecretSet.Build([value]);

        var masked = StreamingMasker.Mask($"<{value}>", set);

        Assert.Empty(masked.Trim('<', '>', '*'));
        Assert.True(set.Longest <= 10 * SecretForms.MaximumLength, $"the longest pattern has {set.Longest} bytes");
    }

    [Fact]
    public void Nothing_to_mask_is_the_empty_set()
    {
        Assert.Same(SecretSet.Empty, SecretSet.Build([]));
        Assert.Equal((0, 0), (SecretSet.Empty.Count, SecretSet.Empty.Longest));
    }

    private static async Task<string[]> AskPythonAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("python3") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["PYTHONIOENCODING"] = "utf-8";
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(Python);
        using var process = Process.Start(start)!;
        await process.StandardInput.BaseStream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(Secrets), cancellationToken);
        process.StandardInput.Close();
        using var output = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(output, cancellationToken).WaitAsync(Bounds.Long, cancellationToken);
        await process.WaitForExitAsync(cancellationToken).WaitAsync(Bounds.Long, cancellationToken);
        Assert.Equal(0, process.ExitCode);
        return JsonSerializer.Deserialize<string[]>(output.ToArray())!;
    }
}
