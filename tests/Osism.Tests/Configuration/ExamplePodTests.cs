using Osism.Testing;

namespace Osism.Tests.Configuration;

/// <summary><c>examples/pod</c> is what people copy, so it has to be complete.</summary>
public sealed class ExamplePodTests
{
    private static readonly string Environments = Checkout.PathOf("examples", "pod", "environments");

    public static TheoryData<string> Names =>
        ["generic", "infrastructure", "manager", "monitoring", "openstack", "kolla", "ceph", "kubernetes", "custom"];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_environment_has_its_three_files_each_with_a_key(string environment)
    {
        foreach (var file in new[] { "configuration.yml", "images.yml", "secrets.yml" })
        {
            var lines = File.ReadAllLines(Path.Combine(Environments, environment, file));
            Assert.Contains(lines, line => line.Length > 0 && char.IsAsciiLetter(line[0]) && line.Contains(':'));
        }
    }

    [Fact]
    public void There_are_no_other_environments() =>
        Assert.Equal(
            Names.Select(row => row.Data).Order(StringComparer.Ordinal),
            Directory.GetDirectories(Environments).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("configuration.yml")]
    [InlineData("secrets.yml")]
    [InlineData("images.yml")]
    [InlineData("ansible.cfg")]
    public void The_files_for_every_environment_are_there(string file) => Assert.True(File.Exists(Path.Combine(Environments, file)));
}
