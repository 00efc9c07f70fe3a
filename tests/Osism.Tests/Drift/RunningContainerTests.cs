using Osism.Contracts.Services;
using Osism.Daemon.Drift;

namespace Osism.Tests.Drift;

/// <summary>What a host says of its containers, and how that is compared with what is wanted.</summary>
public sealed class RunningContainerTests
{
    [Theory]
    [InlineData("2025.1", "2025.1", "aaa", VersionStates.Current, null)]
    [InlineData("2025.1", "2025.1", "bbb", VersionStates.Stale, "the host has another image by this name since it was started: bbb, aaa runs")]
    [InlineData("2025.1", "2025.1", null, VersionStates.Current, null)]
    [InlineData("2024.2", "2025.1", "aaa", VersionStates.Drifted, "2025.1 is wanted, 2024.2 runs")]
    [InlineData("2024.2", "2025.1", "bbb", VersionStates.Drifted, "2025.1 is wanted, 2024.2 runs")]
    [InlineData("2025.1", null, "aaa", VersionStates.Unknown, "why")]
    public void The_tag_counts_and_for_the_same_tag_the_content(string running, string? wanted, string? present, string state, string? detail) => Assert.Equal(
        (state, detail), new RunningContainer("nova_api", $"registry.example:5000/kolla/nova-api:{running}", "aaa", present).Compare(new WantedTag(wanted, wanted is null ? "why" : null)));

    [Fact]
    public void What_was_started_by_its_digest_alone_cannot_be_compared()
    {
        var (state, detail) = new RunningContainer("x", "registry.example/x@sha256:0123", "aaa", null).Compare(new WantedTag("1", null));

        Assert.Equal((VersionStates.Unknown, "it was started from registry.example/x@sha256:0123, which names no tag"), (state, detail));
    }

    [Theory]
    [InlineData("homer", "docker.io/library/homer", "latest")]
    [InlineData("b4bz/homer:v1", "docker.io/b4bz/homer", "v1")]
    [InlineData("index.docker.io/b4bz/homer:v1", "docker.io/b4bz/homer", "v1")]
    [InlineData("docker.io/redis:7", "docker.io/library/redis", "7")]
    [InlineData("localhost/x:1", "localhost/x", "1")]
    [InlineData("registry.example:5000/kolla/release/nova-api:30.0.1", "registry.example:5000/kolla/release/nova-api", "30.0.1")]
    [InlineData("registry.example:5000/x", "registry.example:5000/x", "latest")]
    [InlineData("x@sha256:01", "docker.io/library/x", null)]
    [InlineData("x:1@sha256:01", "docker.io/library/x", "1")]
    public void Two_ways_to_write_an_image_are_one(string text, string repository, string? tag) => Assert.Equal(new ImageReference(repository, tag), ImageReference.Parse(text));

    [Fact]
    public void Docker_and_podman_are_read_alike_and_other_lines_passed_over()
    {
        var docker = ContainerReport.Read("""
            Authorized users only
            container /homer index.docker.io/b4bz/homer:v1 sha256:aaa
            container /cron registry.example/cron:1 sha256:bbb
            image b4bz/homer:v1 sha256:aaa
            image registry.example/cron:1 sha256:ccc
            image <none>:<none> sha256:bbb

            """);
        var podman = ContainerReport.Read("container homer docker.io/b4bz/homer:v1 aaa\r\nimage docker.io/b4bz/homer:v1 sha256:aaa\n");

        Assert.Equal(
            [new("cron", "registry.example/cron:1", "bbb", "ccc"), new("homer", "index.docker.io/b4bz/homer:v1", "aaa", "aaa")], docker);
        Assert.Equal([new RunningContainer("homer", "docker.io/b4bz/homer:v1", "aaa", "aaa")], podman);
    }
}
