using Osism.Daemon.Services;

namespace Osism.Tests.Services;

/// <summary>Files of services: what they may say, and what of a wrong one counts.</summary>
public sealed class ServicesFileTests
{
    private const string Base = """
        layers: [below, above]
        texts: {door: "http://{vip|'nobody'}"}
        services:
          store: {layer: below, ports: {api: store_port|80}, urls: {api: "{door}:{port}"}, probe: {tcp: "{host}:{port}"}, groups: [stores]}
          shop: {layer: above, kind: cluster, requires: [store], version: shop_tag}
        """;

    [Fact]
    public void A_service_says_what_it_is()
    {
        var store = Index(Base).Find("store")!;
        var shop = Index(Base).Find("shop")!;

        Assert.Equal(("below", false, "tcp {host}:{port}"), (store.Layer, store.IsCluster, $"{store.Probe}"));
        Assert.Equal(new ServicePort("api", 80, "store_port"), store.Ports.Single());
        Assert.Equal(("above", true, "store", "shop_tag"), (shop.Layer, shop.IsCluster, shop.Requires.Single(), shop.Version));
        Assert.Empty(Index(Base).Faults);
    }

    [Theory]
    [InlineData("shop: {prots: {a: 1}}", 2, "shop has no field 'prots'; there are description, layer,")]
    [InlineData("shop: {layer: beyond}", 2, "shop: 'beyond' is no layer; there are below, above")]
    [InlineData("shop: {kind: many}", 2, "shop: 'many' is no kind; there are cluster, single")]
    [InlineData("shop:\n    ports: {a: 70000}", 3, "shop: the port 'a' is '70000': it must be NAME: NUMBER or NAME: VARIABLE|NUMBER, with a number from 1 to 65535")]
    [InlineData("shop:\n    ports: {a: 0}", 3, "the port 'a' is '0'")]
    [InlineData("shop: {ports: [80]}", 2, "ports of shop must be a mapping")]
    [InlineData("shop: {requires: {a: b}}", 2, "requires of shop must be a list")]
    [InlineData("shop: {requires: [stroe]}", 2, "shop names the service 'stroe', and there is none")]
    [InlineData("shop: {part_of: stroe}", 2, "shop names the service 'stroe', and there is none")]
    [InlineData("shop: {optional: maybe}", 2, "optional of shop is 'maybe': it must be true or false")]
    [InlineData("shop: {urls: {a: \"http://{x\"}}", 2, "the URL a of shop: a brace has no partner")]
    [InlineData("shop: {urls: {a: \"http://{x y}\"}}", 2, "the URL a of shop: '{x y}' is none of")]
    [InlineData("shop: {urls: {a: \"http://u:{admin_password}@x\"}}", 2, "'admin_password' is the name of a secret")]
    [InlineData("shop: {urls: {a: \"http://x:{port.web}\"}}", 2, "shop: the URL a speaks of a port that is not among its ports: {port.web}")]
    [InlineData("shop: {probe: {tcp: \"x:{port}\"}}", 2, "shop: its probe speaks of a port that is not among its ports: {port}")]
    [InlineData("shop: {probe: {udp: x}}", 2, "probe of shop has no field 'udp'; there are tcp, http, status, verify, timeout")]
    [InlineData("shop: {probe: {tcp: \"x:1\", http: \"http://x\"}}", 2, "shop: a probe is either tcp: ADDRESS:PORT or http: URL")]
    [InlineData("shop: {probe: {tcp: \"x:1\", verify: false}}", 2, "shop: status and verify are for probes by http")]
    [InlineData("shop: {probe: {http: \"http://x\", status: [99]}}", 2, "'99' is no status of HTTP")]
    [InlineData("shop: {probe: {http: \"http://x\", timeout: 600}}", 2, "timeout of probe of shop is '600': it must be a whole number from 1 to 60")]
    [InlineData("shop: {containers: [a b]}", 2, "shop: 'a b' names no containers")]
    [InlineData("shop: {containers: {till: \"{x\"}}", 2, "the tag of till of shop: a brace has no partner")]
    [InlineData("versions: {layer: below}", 2, "'versions' cannot be the name of a service")]
    [InlineData("shop: {deploy: [{action: pull}]}", 2, "a step of deploy has no role")]
    [InlineData("shop: {deploy: [{role: a, action: hope}]}", 2, "'hope' is no action; there are backup,")]
    [InlineData("lone: {description: x}", 2, "the service lone has no layer; there are below, above")]
    [InlineData("\"a b\": {layer: below}", 2, "'a b' cannot be the name of a service")]
    [InlineData("health: {layer: below}", 2, "'health' cannot be the name of a service")]
    [InlineData("shop: yes", 2, "the service shop must be a mapping of fields")]
    [InlineData("store: {requires: [shop]}", 2, "services require each other in a circle: store -> shop -> store; that store requires shop does not count")]
    [InlineData("store: {requires: [store]}", 2, "services require each other in a circle: store -> store; that store requires store does not count")]
    public void What_is_wrong_is_told_once_with_its_line_and_the_rest_counts(string service, int line, string message)
    {
        var index = Index(Base, $"services:\n  {service}\n  other: {{layer: above, requires: [shop]}}\n");

        var fault = Assert.Single(index.Faults);
        Assert.Equal(("environments/services.yml", line), (fault.File, fault.Line));
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
        Assert.NotNull(index.Find("other"));
        Assert.Equal(["store", "shop", "other"], index.Services.Select(each => each.Name));
    }

    [Theory]
    [InlineData("services: [", 1, "")]
    [InlineData("- a\n", 1, "the file must be one mapping with the keys layers, texts, services")]
    [InlineData("servises: {}\n", 1, "the file has no field 'servises'; there are layers, texts, services")]
    [InlineData("texts: {port: x}\n", 1, "'port' cannot be the name of a text")]
    [InlineData("services: {a: {layer: below}, a: {layer: below}}\n", 1, "")]
    public void A_file_that_is_none_leaves_what_was_there(string text, int line, string message)
    {
        var index = Index(Base, text);

        var fault = Assert.Single(index.Faults);
        Assert.Equal(line, fault.Line);
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
        Assert.Equal(["store", "shop"], index.Services.Select(each => each.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing yet\n")]
    [InlineData("---\nservices:\n")]
    public void An_empty_file_says_nothing(string text)
    {
        Assert.Empty(Index(Base, text).Faults);
        Assert.Equal(2, Index(Base, text).Services.Count);
    }

    [Fact]
    public void The_repository_replaces_the_fields_that_it_names_adds_services_and_hides_some()
    {
        var index = Index(Base, """
            layers: [mine]
            texts: {door: "https://shop.example"}
            services:
              store: {probe: ~, ports: {api: 8080, admin: 9090}, description: Of ours}
              shop: {enabled: false}
              till: {layer: mine, requires: [shop, store]}
            """);

        var store = index.Find("store")!;
        Assert.Empty(index.Faults);
        Assert.Equal(["below", "above", "mine"], index.Layers);
        Assert.Equal((null, "Of ours", "below", true), (store.Probe, store.Description, store.Layer, store.IsOfRepository));
        Assert.Equal([8080, 9090], store.Ports.Select(port => port.Number));
        Assert.Equal("https://shop.example:8080", store.Urls.Single().Texts.Single().Resolve(Scope(index, store), out _));
        Assert.Null(index.Find("shop"));
        Assert.Equal(["store"], index.Find("till")!.Requires);
    }

    [Fact]
    public void The_order_is_that_of_what_is_required_then_that_of_the_layers()
    {
        var index = Index("""
            layers: [one, two]
            services:
              late: {layer: two}
              first: {layer: one, requires: [base]}
              base: {layer: two}
              second: {layer: one}
            """);

        Assert.Equal(["second", "late", "base", "first"], index.Services.Select(service => service.Name));
    }

    [Theory]
    [InlineData("{a}", "1")]
    [InlineData("{none|a}", "1")]
    [InlineData("{none|'word'}", "word")]
    [InlineData("{none|127.0.0.1}", "127.0.0.1")]
    [InlineData("http{yes?s:}://x", "https://x")]
    [InlineData("http{no?s:}://x", "http://x")]
    [InlineData("{yes?}x", "x")]
    [InlineData("{no?}x", null)]
    [InlineData("{none}", null)]
    [InlineData("{host}:{port}", "10.0.0.1:80")]
    [InlineData("{port.api}", "80")]
    [InlineData("{door}/x", "http://nobody/x")]
    [InlineData("plain", "plain")]
    public void Texts_get_their_values(string text, string? expected)
    {
        var index = Index(Base);
        var parsed = ServiceText.Parse(text, out var fault)!;

        Assert.Null(fault);
        Assert.Equal(expected, parsed.Resolve(Scope(index, index.Find("store")!), out var missing));
        Assert.Equal(expected is null, missing is not null);
    }

    [Fact]
    public void Texts_that_stand_in_each_other_have_no_value()
    {
        var index = Index("layers: [l]\ntexts: {a: \"{b}\", b: \"{a}\"}\nservices: {s: {layer: l, urls: {u: \"{a}\"}}}");

        Assert.Null(index.Find("s")!.Urls.Single().Texts.Single().Resolve(Scope(index, index.Find("s")!), out var missing));
        Assert.NotNull(missing);
    }

    private static ServiceScope Scope(ServiceIndex index, ServiceEntry service) => new(
        service, "10.0.0.1", index.Texts, name => name switch { "a" => "1", "yes" => "True", "no" => "false", _ => null });

    private static ServiceIndex Index(string known, string? text = null)
    {
        var definitions = ServicesFile.Read(known, "catalog/services.yml", ServiceDefinitions.None, isOfRepository: false);
        return ServiceIndex.Of(text is null ? definitions : ServicesFile.Read(text, "environments/services.yml", definitions, isOfRepository: true));
    }
}
