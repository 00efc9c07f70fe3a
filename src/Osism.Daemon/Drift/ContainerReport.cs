using Osism.Daemon.Remote;

namespace Osism.Daemon.Drift;

/// <summary>What a host says of its containers and images, and how it is asked.</summary>
internal static class ContainerReport
{
    private const string Container = "container";
    private const string Image = "image";

    // $@ is the engine. What 'ps' shows as image changes when its tag is given to another one, so each is looked at. One that ended meanwhile is no failure.
    private const string Script = """
        containers=$("$@" ps --quiet --no-trunc) || exit 1
        [ -z "$containers" ] || "$@" inspect --type container --format 'container {{.Name}} {{.Config.Image}} {{.Image}}' $containers || :
        "$@" image ls --no-trunc --format 'image {{.Repository}}:{{.Tag}} {{.ID}}' || exit 1
        """;

    public static IReadOnlyList<string> Command(RemoteHost host) => EngineCommand.Script(host, Script);

    /// <summary>Containers in the order of their names. Lines that are none of ours are passed over: a login may say things of its own.</summary>
    public static IReadOnlyList<RunningContainer> Read(string output)
    {
        var lines = output.Split('\n').Select(line => line.TrimEnd('\r').Split(' ')).ToList();
        var images = new Dictionary<ImageReference, string>();
        foreach (var line in lines)
        {
            if (line is [Image, var name, var id])
                images[ImageReference.Parse(name)] = Id(id);
        }

        return
        [
            .. lines.Where(line => line is [Container, _, _, _])
                .Select(line => new RunningContainer(line[1].TrimStart('/'), line[2], Id(line[3]), images.GetValueOrDefault(ImageReference.Parse(line[2]))))
                .OrderBy(container => container.Name, StringComparer.Ordinal),
        ];
    }

    private static string Id(string text) => text.Split(':')[^1];
}
