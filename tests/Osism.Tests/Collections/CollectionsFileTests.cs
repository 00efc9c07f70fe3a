using Osism.Daemon.Collections;
using Osism.Daemon.Platform;

namespace Osism.Tests.Collections;

/// <summary>What a file of collections may say, and what is said about one that says something else.</summary>
public sealed class CollectionsFileTests
{
    [Fact]
    public void A_node_is_a_role_of_its_own_name_unless_it_says_otherwise()
    {
        var day = Assert.Single(Parse("""
            collections:
              day:
                description: What every morning needs
                nodes:
                  facts:
                  web:
                    role: nginx
                    environment: infrastructure
                    arguments: [-l, "web*", -e, port=80]
                    after: facts
                    retry: 2
                  db: {role: mariadb, action: reconfigure, sub: east, task_timeout: 60, after: [facts]}
                  told: {command: [mail, -s, done, 1], environment: custom, variables: {A: b}, after: [web, db]}
                  end: {kind: noop, after: [told]}
            """));

        Assert.Equal(("day", "What every morning needs", null), (day.Name, day.Description, day.Fault));
        Assert.Equal(["facts", "web", "db", "told", "end"], day.Nodes.Select(node => node.Name));
        Assert.Equal(["facts", "nginx", "mariadb", null, null], day.Nodes.Select(node => node.Role));
        Assert.Equal(["ansible", "ansible", "ansible", "command", "noop"], day.Nodes.Select(node => node.Kind));
        Assert.Equal((2, null, "infrastructure"), (day.Nodes[1].Retry, day.Nodes[1].TaskTimeout, day.Nodes[1].Environment));
        Assert.Equal(["-l", "web*", "-e", "port=80"], day.Nodes[1].Arguments);
        Assert.Equal(("reconfigure", "east", 60), (day.Nodes[2].Action, day.Nodes[2].Sub, day.Nodes[2].TaskTimeout));
        Assert.Equal(["mail", "-s", "done", "1"], day.Nodes[3].Command);
        Assert.Equal("b", day.Nodes[3].Variables!["A"]);
        Assert.Equal(["web", "db"], day.Nodes[3].After);
    }

    [Theory]
    [InlineData("a: {after: [b]}\nb: {after: [c]}\nc: {after: [a]}", 4, "a -> c -> b -> a")]
    [InlineData("a: {}\nb: {after: [b]}", 5, "b -> b")]
    [InlineData("a: {}\nb: {after: [missing]}", 5, "after missing, and there is no such node")]
    [InlineData("a: {}\nb: {after: [a, a]}", 5, "twice")]
    [InlineData("a: {afer: [b]}", 4, "no field 'afer'")]
    [InlineData("a: {after: {b: c}}", 4, "after of the node a must be a list")]
    [InlineData("a: {retry: many}", 4, "whole number from 0")]
    [InlineData("a: {task_timeout: 0}", 4, "whole number from 1")]
    [InlineData("a: {kind: script}", 4, "of the kind 'script'")]
    [InlineData("a: {command: []}", 4, "no words in 'command'")]
    [InlineData("a: {command: reboot}", 4, "must be a list")]
    [InlineData("a: {command: [reboot], variables: {A=B: c}}", 4, "name of a variable")]
    [InlineData("a: {command: [reboot], role: facts}", 4, "no field 'role'")]
    [InlineData("a: {role: }\nb/c: {}", 5, "cannot be the name of a node")]
    [InlineData("{}", 4, "no nodes")]
    public void What_is_no_graph_is_told_with_its_line_and_leaves_the_others_usable(string nodes, int line, string message)
    {
        var indented = string.Join("\n", nodes.Split('\n').Select(text => $"      {text}"));

        var all = Parse($"collections:\n  bad:\n    nodes:\n{indented}\n  good:\n    nodes:\n      a:\n");

        Assert.Contains(message, all[0].Fault!.Message, StringComparison.Ordinal);
        Assert.InRange(all[0].Fault!.Line, 2, line);
        Assert.Null(all[1].Fault);
    }

    [Theory]
    [InlineData("collections:\n  a:\n    nodes:\n      x: {}\n      x: {}\n", "yaml.broken", 5)]
    [InlineData("collections: [", "yaml.broken", 2)]
    [InlineData("collections: {a: {nodes: {b: {after: [", "yaml.broken", 2)]
    [InlineData("collections:\n\ta: b\n", "yaml.broken", 2)]
    [InlineData("collections: [a]", "collection.broken", 1)]
    [InlineData("- a", "collection.broken", 1)]
    [InlineData("collections:\ncolections:\n", "collection.broken", 2)]
    public void A_file_that_cannot_be_read_at_all_is_refused_with_its_line(string text, string code, int line)
    {
        var refused = Assert.Throws<OsismException>(() => Parse(text));

        Assert.Equal((code, "environments/collections.yml"), (refused.Code.Code, refused.File));
        Assert.InRange(refused.Line!.Value, 1, line);
    }

    [Theory]
    [InlineData("")]
    [InlineData("---\n# later\n")]
    [InlineData("collections:\n")]
    public void A_file_may_be_empty(string text) => Assert.Empty(Parse(text));

    [Fact]
    public void A_collection_cannot_take_a_word_of_the_api() =>
        Assert.Contains("cannot be named 'runs'", Parse("collections: {runs: {nodes: {a: }}}")[0].Fault!.Message, StringComparison.Ordinal);

    private static IReadOnlyList<CollectionGraph> Parse(string text) =>
        CollectionsFile.Parse(text, "environments/collections.yml", CollectionSource.Repository);
}
