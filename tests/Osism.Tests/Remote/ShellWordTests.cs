using System.Text;
using FsCheck.Fluent;
using Osism.Daemon.Platform.Processes;
using Osism.Protocols.Shell;

namespace Osism.Tests.Remote;

/// <summary>The arbiter is the shell itself: what goes in as a word comes out as that word.</summary>
public sealed class ShellWordTests
{
    private const string Letters = "ab Z09;|&<>()$`\\\"'*?[]{}!#~=%-_./:@+,^\t\n\r\u001b\u00e9\u2603";
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "''")]
    [InlineData("nova_api", "nova_api")]
    [InlineData("--tail=5", "'--tail=5'")]
    [InlineData("~root", "'~root'")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("$(reboot)", "'$(reboot)'")]
    [InlineData("a\nb", "'a\nb'")]
    public void A_word_is_quoted_where_a_shell_could_read_more_into_it(string word, string quoted) => Assert.Equal(quoted, ShellWord.Quote(word));

    [Fact]
    public void A_nul_is_refused() => Assert.Throws<ArgumentException>(() => ShellWord.Quote("a\0b"));

    [Theory]
    [InlineData("sh")]
    [InlineData("bash")]
    public async Task Whatever_the_words_are_a_shell_gives_them_on_unchanged(string shell)
    {
        var odd = Chance.Sample(Gen.Elements(Letters.ToCharArray()).ListOf().Select(letters => string.Concat(letters)), 400).Chunk(40);
        foreach (var some in odd)
        {
            string[] words = [.. some, "; touch /tmp/never", "$(id)", "`id`", "'", "\"", "\\", "a b", "\n", "-n", "--", "!!", "~", "*", "A=b", ""];

            var result = await ProcessRunner.RunAsync(new ProcessSpec(shell, ["-c", $"printf '%s\\0' {ShellWord.Join(words)}"]), _token);

            Assert.Equal((0, ""), (result.ExitCode, result.Error));
            Assert.Equal(words, Encoding.UTF8.GetString(result.OutputBytes.Span)[..^1].Split('\0'));
        }
    }
}
