using System.Diagnostics;
using Osism.Daemon.Recording.Reading.Diffs;
using Osism.Testing;

namespace Osism.Tests.Recording;

/// <summary>Unified diffs; <c>patch</c> is the arbiter.</summary>
public sealed class UnifiedDiffTests
{
    [Fact]
    public void The_same_has_no_diff() => Assert.Equal("", UnifiedDiff.Of("a\nb\n", "a\nb\n", "x", "y"));

    [Fact]
    public void What_is_apart_becomes_hunks_with_three_lines_around() => Assert.Equal(
        """
        --- x
        +++ y
        @@ -1,4 +1,4 @@
        -1
        +one
         2
         3
         4
        @@ -9,4 +9,4 @@
         9
         10
         11
        -12
        +twelve

        """,
        UnifiedDiff.Of(Numbers(), Numbers().Replace("12", "twelve", StringComparison.Ordinal).Remove(0, 1).Insert(0, "one"), "x", "y"));

    [Fact]
    public async Task Patch_makes_the_one_text_of_the_other_by_it()
    {
        var random = new Random(7);
        using var folder = new TempFolder();
        for (var round = 0; round < 40; round++)
        {
            var before = Text(random);
            var after = round % 4 == 0 ? Text(random) : Change(random, before);
            var diff = UnifiedDiff.Of(before, after, "file", "file");
            await File.WriteAllTextAsync(folder["file"], before, TestContext.Current.CancellationToken);
            if (diff.Length > 0)
            {
                await File.WriteAllTextAsync(folder["diff"], diff, TestContext.Current.CancellationToken);
                using var patch = Process.Start(new ProcessStartInfo("patch", ["--quiet", "--posix", folder["file"], folder["diff"]]) { RedirectStandardOutput = true, UseShellExecute = false })!;
                var said = await patch.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
                await patch.WaitForExitAsync(TestContext.Current.CancellationToken);
                Assert.True(patch.ExitCode == 0, $"{said}\n{diff}");
            }

            Assert.Equal(after, File.Exists(folder["file"]) ? await File.ReadAllTextAsync(folder["file"], TestContext.Current.CancellationToken) : "");
        }
    }

    private static string Numbers() => string.Concat(Enumerable.Range(1, 12).Select(number => $"{number}\n"));

    private static string Text(Random random)
    {
        var text = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => $"{random.Next(6)}\n"));
        return random.Next(3) == 0 ? text.TrimEnd('\n') : text;
    }

    private static string Change(Random random, string text)
    {
        var lines = text.Split('\n').ToList();
        for (var times = random.Next(5); times > 0; times--)
        {
            lines.Insert(random.Next(lines.Count + 1), $"new {random.Next(9)}");
            lines.RemoveAt(random.Next(lines.Count));
        }

        return string.Join('\n', lines);
    }
}
