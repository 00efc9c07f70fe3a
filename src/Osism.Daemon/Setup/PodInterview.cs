namespace Osism.Daemon.Setup;

/// <summary>Asks a person for what a pod needs and the command line did not say. An answer that cannot be is asked for again.</summary>
internal sealed class PodInterview(TextReader answers, TextWriter talk)
{
    /// <exception cref="EndOfStreamException">The person left.</exception>
    public PodRequest Ask(PodRequest request)
    {
        talk.WriteLine("Enter takes what stands in brackets.");
        request = request with
        {
            Domain = request.Domain ?? One("Domain of the pod", null, PodWords.Domain),
            Ceph = request.Ceph && Yes("With Ceph"),
            Kubernetes = request.Kubernetes && Yes("With Kubernetes"),
        };
        if (request.Nodes.Count == 0)
            request = request with { Nodes = AskNodes(request.Ceph) };
        var nodes = request.Nodes.Select(text => PodWords.Node(text, request.Ceph)).ToList();
        request = request with
        {
            Manager = request.Manager ?? One("Manager, a node or NAME=ADDRESS", nodes[0].Name, text => PodWords.Manager(text, nodes)),
            InternalAddress = request.InternalAddress ?? One("Internal address of the API, of no node", null, PodWords.Address),
        };
        return request with
        {
            ExternalAddress = request.ExternalAddress ?? One("External address of the API", request.InternalAddress, PodWords.Address),
            Network = request.Network ?? One("Network of the nodes", PodWords.NetworkOf(nodes[0].Address), PodWords.Network),
            Interface = request.Interface ?? One("Network interface of the nodes", PodPlan.DefaultInterface, PodWords.Interface),
            NameServers = request.NameServers.Count > 0 ? request.NameServers : Several("Name servers", PodPlan.DefaultNameServers, PodWords.Address),
            TimeServers = request.TimeServers.Count > 0 ? request.TimeServers : Several("Time servers, two or more", PodPlan.DefaultTimeServers, PodWords.Host),
            TimeZone = request.TimeZone ?? One("Time zone", PodPlan.DefaultTimeZone, PodWords.TimeZone),
            Release = request.Release ?? One($"Release ({string.Join(", ", Releases.Shipped.Select(release => release.Version))})", Releases.Newest.Version, text =>
                Releases.Find(null, text) is null ? throw new FormatException($"there is no release '{text}'") : text),
        };
    }

    private List<string> AskNodes(bool ceph)
    {
        talk.WriteLine($"Nodes, one a line: NAME=ADDRESS or NAME=ADDRESS:GROUP,GROUP; an empty line ends. Groups: {string.Join(", ", PodPlan.BaseGroups)}.");
        var nodes = new List<string>();
        while (true)
        {
            var text = One($"Node {nodes.Count + 1}", nodes.Count > 0 ? "" : null, text => PodWords.NodeOrNothing(text, ceph));
            if (text.Length == 0)
                return nodes;
            nodes.Add(text);
        }
    }

    private bool Yes(string question) => One(question, "yes", text => text is "yes" or "y" or "no" or "n" ? text : throw new FormatException("yes or no")) is "yes" or "y";

    private string[] Several(string question, IReadOnlyList<string> otherwise, Func<string, string> parse)
    {
        return One(question, string.Join(' ', otherwise), text => string.Join(' ', Words(text).Select(parse))).Split(' ');

        static string[] Words(string text) => text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
    }

    private string One(string question, string? otherwise, Func<string, string> parse)
    {
        while (true)
        {
            talk.Write(otherwise is null or "" ? $"{question}: " : $"{question} [{otherwise}]: ");
            talk.Flush();
            var typed = (answers.ReadLine() ?? throw new EndOfStreamException()).Trim();
            try
            {
                if (typed.Length > 0 || otherwise is not null)
                    return parse(typed.Length > 0 ? typed : otherwise!);
            }
            catch (FormatException e)
            {
                talk.WriteLine(e.Message);
            }
        }
    }
}
