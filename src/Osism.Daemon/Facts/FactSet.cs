using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace Osism.Daemon.Facts;

/// <summary>What one module found on one host, as far as it is known. Immutable: what comes in makes a new one.</summary>
/// <remarks>The order in which things come in does not matter: for each fact the newest that was seen counts, and what a complete gathering did not find is gone.</remarks>
internal sealed record FactSet(DateTimeOffset GatheredAt, DateTimeOffset? CompleteAt, Guid? Job, IReadOnlyList<Fact> Facts)
{
    public static FactSet Empty { get; } = new(DateTimeOffset.MinValue, null, null, []);

    /// <summary>The facts of a document, all found at one time. Null when it is no JSON object.</summary>
    public static FactSet? Read(ReadOnlyMemory<byte> document, DateTimeOffset at, Guid? job)
    {
        if (FactText.Repaired(document) is not { } json)
            return null;
        var (facts, isComplete) = (new Dictionary<string, Fact>(StringComparer.Ordinal), false);
        var reader = new Utf8JsonReader(json.Span, FactText.Reading);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = FactText.Storable(FactText.Of(ref reader));
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            var value = json[start..(int)reader.BytesConsumed];
            isComplete |= name == "gather_subset" && IsAll(value.Span);
            facts[name] = new Fact(name, HashOf(value.Span), at, at, job, value);
        }

        return new FactSet(at, isComplete ? at : null, job, [.. facts.Values]);
    }

    /// <summary>What is known after something else was seen, and the values that it replaced.</summary>
    public (FactSet Now, IReadOnlyList<ReplacedFact> Replaced) With(FactSet seen)
    {
        var now = new Dictionary<string, Fact>(Facts.Count, StringComparer.Ordinal);
        var replaced = new List<ReplacedFact>();
        foreach (var fact in Facts)
            now[fact.Name] = fact;
        foreach (var fact in seen.Facts)
        {
            if (!now.TryGetValue(fact.Name, out var known))
            {
                if (CompleteAt is not { } complete || fact.GatheredAt >= complete)
                    now[fact.Name] = fact;
            }
            else if (fact.GatheredAt > known.GatheredAt)
            {
                if (fact.Hash != known.Hash)
                    replaced.Add(new ReplacedFact(known, fact.GatheredAt));
                now[fact.Name] = fact.Hash == known.Hash ? fact with { ChangedAt = known.ChangedAt } : fact;
            }
        }

        if (seen.CompleteAt is { } all)
        {
            foreach (var fact in Facts.Where(fact => fact.GatheredAt < all && !(now[fact.Name].GatheredAt >= all)))
            {
                now.Remove(fact.Name);
                replaced.Add(new ReplacedFact(fact, all));
            }
        }

        var latest = seen.GatheredAt > GatheredAt ? seen : this;
        var completeAt = CompleteAt is null || seen.CompleteAt > CompleteAt ? seen.CompleteAt : CompleteAt;
        return (new FactSet(latest.GatheredAt, completeAt, latest.Job, [.. now.Values]), replaced);
    }

    /// <summary>Not filtered and of everything: <c>gather_subset</c> of the module <c>setup</c> says so, and a filter takes it away.</summary>
    private static bool IsAll(ReadOnlySpan<byte> value)
    {
        using var document = JsonDocument.Parse(value.ToArray());
        return document.RootElement is { ValueKind: JsonValueKind.Array } subsets && subsets.GetArrayLength() == 1
            && subsets[0] is { ValueKind: JsonValueKind.String } only && only.ValueEquals("all");
    }

    private static long HashOf(ReadOnlySpan<byte> value)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(value, hash);
        return BinaryPrimitives.ReadInt64LittleEndian(hash);
    }
}

/// <summary>One top-level fact of a host.</summary>
/// <param name="Name">As Ansible has it, with its prefix.</param>
/// <param name="Hash">Of the value: equal values have equal ones.</param>
/// <param name="GatheredAt">When it was last found.</param>
/// <param name="ChangedAt">When it was first found as it is.</param>
/// <param name="Job">That found it last.</param>
/// <param name="Value">JSON in UTF-8.</param>
internal sealed record Fact(string Name, long Hash, DateTimeOffset GatheredAt, DateTimeOffset ChangedAt, Guid? Job, ReadOnlyMemory<byte> Value);

/// <summary>A value that counts no more.</summary>
/// <param name="Old">As it was.</param>
/// <param name="Until">When another, or none, was found.</param>
internal sealed record ReplacedFact(Fact Old, DateTimeOffset Until);
