using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace Osism.Tests;

/// <summary>What generators give: the same in each run, so that what fails fails because of what was changed, and fails again.</summary>
/// <remarks><c>OSISM_SEED=N</c> gives other samples; people look for what nobody thought of, the gate does not.</remarks>
internal static class Chance
{
    private const int Size = 50;

    private static readonly Rnd Start = new(
        ulong.TryParse(Environment.GetEnvironmentVariable("OSISM_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : 1);

    public static IEnumerable<T> Sample<T>(Gen<T> generator, int count) => Gen.Sample(generator, count, Start, Size);

    /// <exception cref="Exception">The property does not hold; names the smallest case that was found.</exception>
    public static void Check(Property property) => FsCheck.Check.One(
        Config.QuickThrowOnFailure.WithReplay(FSharpOption<Replay>.Some(new Replay(Start, FSharpOption<int>.None))), property);
}
