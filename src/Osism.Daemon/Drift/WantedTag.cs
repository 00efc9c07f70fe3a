using Osism.Daemon.Inventory.Model;
using Osism.Daemon.Services;

namespace Osism.Daemon.Drift;

/// <summary>The tag that the configuration asks for.</summary>
/// <param name="Tag">Null when nobody can say.</param>
/// <param name="Reason">Why nobody can.</param>
internal sealed record WantedTag(string? Tag, string? Reason)
{
    /// <summary>Stands in texts for the variable that the service names as its version.</summary>
    private const string Version = "version";

    /// <summary>For a container on a host. A variable that counts before others and takes Ansible to find out leaves it open: what comes behind it would be a guess.</summary>
    public static WantedTag Of(ServicePod pod, ServiceEntry service, ServiceContainers rule, InventoryHost? host, string container)
    {
        if ((rule.Tag ?? Usual(pod, service)) is not { } text)
            return new WantedTag(null, "there is no text 'tag' that says where tags come from");
        var asked = new List<string>();
        string? unclear = null;
        var value = text.Resolve(new ServiceScope(service, null, pod.Index.Texts, Find), out _);
        return unclear is not null ? new WantedTag(null, $"{unclear} takes Ansible to find out: give it a plain value")
            : value is null ? new WantedTag(null, asked.Count == 0
                ? $"the catalogue names no variable with the version of {service.Name}: 'version' or 'containers' in environments/services.yml does"
                : $"the configuration says nothing of {string.Join(", ", asked)}")
            : !ImageReference.IsImage(value) ? new WantedTag(value, null)
            : ImageReference.Parse(value).Tag is { } tag ? new WantedTag(tag, null)
            : new WantedTag(null, $"{value} is wanted, which names no tag");

        string? Find(string name)
        {
            if ((name == Version ? service.Version : Fill(name, service.Name, container)) is not { } variable)
                return null;
            if (!asked.Contains(variable, StringComparer.Ordinal))
                asked.Add(variable);
            var found = pod.Find(service, variable, host);
            if (found is null && pod.Written(service, variable, host) is not null)
                unclear ??= variable;
            return found;
        }
    }

    private static ServiceText? Usual(ServicePod pod, ServiceEntry service) =>
        pod.Index.Texts.GetValueOrDefault($"tag_{pod.EnvironmentOf(service)?.Replace('-', '_')}") ?? pod.Index.Texts.GetValueOrDefault("tag");

    /// <summary><c>container_tag</c> is <c>nova_api_tag</c> for the container <c>nova_api</c>, and <c>service_tag</c> is <c>nova_tag</c>.</summary>
    private static string Fill(string name, string service, string container) => string.Join('_', name.Split('_').Select(word => word switch
    {
        "container" => container.Replace('-', '_'),
        "service" => service.Replace('-', '_'),
        _ => word,
    }));
}
