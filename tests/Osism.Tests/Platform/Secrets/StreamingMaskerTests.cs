using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Osism.Daemon.Platform.Secrets;

namespace Osism.Tests.Platform.Secrets;

public sealed class StreamingMaskerTests
{
    /// <summary>A text over few letters, secrets over the same letters, and where the stream is cut.</summary>
    private sealed record Sample(byte[] Text, string[] Secrets, int MinimumLength, int[] Cuts)
    {
        public SecretSet Set => SecretSet.Build(Secrets, MinimumLength);

        public override string ToString() =>
            $"text '{Encoding.UTF8.GetString(Text)}' secrets [{string.Join(", ", Secrets)}] from {MinimumLength}, cuts {string.Join(' ', Cuts)}";
    }

    // Few letters make overlaps, shared beginnings and secrets inside secrets likely; the line end makes secrets of several lines.
    private static Arbitrary<Sample> Samples =>
        (from letters in Gen.Elements("ab", "abc", "ab\n", "a' \"\\ü")
         from minimum in Gen.Choose(1, 6)
         let word = from n in Gen.Choose(minimum, 12) from word in Gen.ArrayOf(Gen.Elements(letters.ToCharArray()), n) select new string(word)
         from secretCount in Gen.Choose(0, 6)
         from secrets in Gen.ArrayOf(word, secretCount)
         from partCount in Gen.Choose(0, 12)
         from parts in Gen.ArrayOf(secrets.Length == 0 ? word : Gen.OneOf(word, Gen.Elements(secrets)), partCount)
         from cuts in Gen.ArrayOf(Gen.Choose(0, 9), 20)
         select new Sample(Encoding.UTF8.GetBytes(string.Concat(parts)), secrets, minimum, cuts)).ToArbitrary();

    [Fact]
    public void The_result_is_that_of_the_plain_definition() =>
        Chance.Check(Prop.ForAll(Samples, sample =>
            MaskWhole(sample.Text, sample.Set).SequenceEqual(NaiveMasker.Mask(sample.Text, sample.Secrets, sample.MinimumLength))));

    [Fact]
    public void The_result_does_not_depend_on_how_the_stream_is_cut() =>
        Chance.Check(Prop.ForAll(Samples, sample =>
        {
            var set = sample.Set;
            return MaskInPieces(sample.Text, set, sample.Cuts).SequenceEqual(MaskWhole(sample.Text, set));
        }));

    [Fact]
    public void Going_on_from_any_returned_offset_gives_the_same_bytes() =>
        Chance.Check(Prop.ForAll(Samples, sample =>
        {
            var set = sample.Set;
            var whole = MaskWhole(sample.Text, set);
            for (var length = 0; length <= sample.Text.Length; length++)
            {
                var output = new ArrayBufferWriter<byte>();
                var consumed = new StreamingMasker(set).Mask(sample.Text.AsSpan(0, length), final: false, output);
                if (!output.WrittenSpan.ToArray().Concat(MaskWhole(sample.Text[consumed..], sample.Set)).SequenceEqual(whole))
                    return false;
            }

            return true;
        }));

    [Fact]
    public void Less_than_the_longest_secret_is_held_back_and_nothing_at_the_end() =>
        Chance.Check(Prop.ForAll(Samples, sample =>
        {
            var set = sample.Set;
            var output = new ArrayBufferWriter<byte>();
            var held = sample.Text.Length - new StreamingMasker(set).Mask(sample.Text, final: false, output);
            var final = new StreamingMasker(set).Mask(sample.Text, final: true, output);
            return held <= Math.Max(0, set.Longest - 1) && final == sample.Text.Length;
        }));

    [Fact]
    public void No_secret_is_left_between_two_masks() =>
        Chance.Check(Prop.ForAll(Samples, sample =>
        {
            var runs = Encoding.UTF8.GetString(MaskWhole(sample.Text, sample.Set)).Split("***");
            return sample.Secrets
                .Select(secret => secret.Trim('\n'))
                .Where(secret => secret.Length >= sample.MinimumLength)
                .All(secret => !runs.Any(run => run.Contains(secret, StringComparison.Ordinal)));
        }));

    [Fact]
    public void Any_bytes_pass_unchanged_without_secrets() =>
        Chance.Check(Prop.ForAll<byte[], int[]>((text, cuts) =>
            MaskInPieces(text, SecretSet.Empty, [.. cuts.Select(cut => Math.Abs(cut % 10)), 3]).SequenceEqual(text)));

    [Fact]
    public void The_longest_secret_wins_and_the_first_of_two_that_overlap()
    {
        var set = SecretSet.Build(["secret", "secret-word", "word-of-mouth"]);

        Assert.Equal("*** *** ***-of-mouth ***", StreamingMasker.Mask("secret secret-word secret-word-of-mouth word-of-mouth", set));
    }

    [Fact]
    public void A_line_that_cannot_become_a_secret_is_not_held_back()
    {
        var set = SecretSet.Build(["-----BEGIN KEY-----\nabcdefgh\n-----END KEY-----"]);
        var line = "ok: [node-1] -\n"u8;

        Assert.Equal(line.Length, new StreamingMasker(set).Mask(line, final: false, new ArrayBufferWriter<byte>()));

        // Without its end only the dash may be the beginning of the secret.
        Assert.Equal(line.Length - 2, new StreamingMasker(set).Mask(line[..^1], final: false, new ArrayBufferWriter<byte>()));
    }

    private static byte[] MaskWhole(byte[] text, SecretSet set)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(text.Length, new StreamingMasker(set).Mask(text, final: true, output));
        return output.WrittenSpan.ToArray();
    }

    private static byte[] MaskInPieces(byte[] text, SecretSet set, int[] cuts)
    {
        var output = new ArrayBufferWriter<byte>();
        var (from, to) = (0, 0);
        for (var i = 0; ; i++)
        {
            // After the last cut everything comes at once, or a list of zeros would never end.
            to = i < cuts.Length ? Math.Min(text.Length, to + cuts[i]) : text.Length;
            from += new StreamingMasker(set).Mask(text.AsSpan(from, to - from), final: to == text.Length, output);
            if (to == text.Length)
                return output.WrittenSpan.ToArray();
        }
    }
}
