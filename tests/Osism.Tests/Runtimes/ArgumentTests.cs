using System.Diagnostics;
using System.Text.Json;
using FsCheck.Fluent;
using Osism.Contracts;
using Osism.Daemon.Platform;
using Osism.Daemon.Runtimes;

namespace Osism.Tests.Runtimes;

/// <summary>Splitting and refusing of arguments.</summary>
public sealed class ArgumentTests
{
    [Theory]
    [InlineData("-l host", "-l|host")]
    [InlineData("-e  a=b\t-v", "-e|a=b|-v")]
    [InlineData("-e 'a=b c'", "-e|a=b c")]
    [InlineData("-e \"a=\\\"b\\\" $c `d` \\x\"", "-e|a=\"b\" $c `d` \\x")]
    [InlineData("-e a=b\\ c", "-e|a=b c")]
    [InlineData("-e ''", "-e|")]
    [InlineData("-l 'a'\"b\"c", "-l|abc")]
    [InlineData("-l $(id) *", "-l|$(id)|*")]
    [InlineData("-l a\\\nb", "-l|ab")]
    [InlineData("key=a b", "key=a b")]
    [InlineData("{\"a\": \"b c\"}", "{\"a\": \"b c\"}")]
    [InlineData("--limit=a", "--limit=a")]
    [InlineData("-e'a'", "-e'a'")]
    [InlineData("", "")]
    public void Only_elements_that_start_with_a_dash_and_hold_white_space_are_split(string argument, string expected) =>
        Assert.Equal(expected, string.Join('|', ArgumentSplitter.Split([argument])));

    [Theory]
    [InlineData("-l 'a")]
    [InlineData("-l \"a")]
    [InlineData("-l a\\")]
    [InlineData("a\0b")]
    public void What_cannot_be_split_is_refused(string argument) =>
        Assert.Equal(ErrorCodes.RequestInvalid, Assert.Throws<OsismException>(() => ArgumentSplitter.Split([argument])).Code);

    [Fact]
    public async Task Splits_words_as_pythons_shlex_does()
    {
        var pieces = Gen.Elements("a", "b", " ", "  ", "'", "\"", "\\", "$x", "\t", "ü", "=", "\n", "`", "\\\\", "\\\"", "\\'", "''", "\"\"");
        var texts = Chance.Sample(Gen.Select(Gen.ListOf(pieces, 12), parts => "-x " + string.Concat(parts)), 400).Distinct().ToList();
        const string Script = """
            import json, shlex, sys
            def split(t):
                try: return shlex.split(t)
                except ValueError: return None
            print(json.dumps([split(t) for t in json.load(sys.stdin)]))
            """;
        using var python = Process.Start(new ProcessStartInfo("python3", ["-c", Script]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        await python.StandardInput.WriteAsync(JsonSerializer.Serialize(texts));
        python.StandardInput.Close();
        var expected = JsonSerializer.Deserialize<List<List<string>?>>(await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken))!;
        var compared = 0;
        foreach (var (text, words) in texts.Zip(expected))
        {
            // shlex keeps an escaped line end, a shell joins the lines; there we follow the shell.
            if (text.Contains("\\\n", StringComparison.Ordinal))
                continue;
            // Inside double quotes a shell takes the backslash off $ and ` too.
            if (text.Contains("\\$", StringComparison.Ordinal) || text.Contains("\\`", StringComparison.Ordinal))
                continue;
            compared++;
            if (words is null)
                Assert.Throws<OsismException>(() => ArgumentSplitter.Split([text]));
            else
                Assert.Equal(words, ArgumentSplitter.Split([text]));
        }

        Assert.True(compared > 200);
    }

    [Theory]
    [InlineData("--step")]
    [InlineData("--ste")]
    [InlineData("-k")]
    [InlineData("-K")]
    [InlineData("-J")]
    [InlineData("-bK")]
    [InlineData("-vvvk")]
    [InlineData("--ask-pass")]
    [InlineData("--ask-become-pass")]
    [InlineData("--ask-vault-pass")]
    [InlineData("--ask-vault-password")]
    [InlineData("--ask-b")]
    public void Arguments_that_ask_a_person_are_refused(string argument) =>
        Assert.Equal(ErrorCodes.RequestInvalid, Assert.Throws<OsismException>(() => ArgumentGuard.Check(["-v", argument])).Code);

    [Theory]
    [InlineData("-l", "-k")]
    [InlineData("-lk")]
    [InlineData("-e", "a=-k")]
    [InlineData("--start-at-task", "x")]
    [InlineData("--list-tasks")]
    [InlineData("-u", "Kim")]
    [InlineData("--skip-tags=ask")]
    [InlineData("--syntax-check")]
    [InlineData("-vvv", "-b", "-C", "-D")]
    public void Others_pass(params string[] arguments) => ArgumentGuard.Check(arguments);
}
