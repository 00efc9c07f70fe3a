using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;

namespace Osism.Tests.Recording;

/// <summary>All results of a job for other programs.</summary>
public sealed class ExportTests(ReadingFixture fixture) : IClassFixture<ReadingFixture>
{
    /// <summary>What readers of JUnit's XML agree on: Ant's report task and the schema that CI servers publish.</summary>
    private const string Schema = """
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
          <xs:attributeGroup name="counts">
            <xs:attribute name="name" type="xs:string" use="required"/>
            <xs:attribute name="tests" type="xs:nonNegativeInteger" use="required"/>
            <xs:attribute name="failures" type="xs:nonNegativeInteger" use="required"/>
            <xs:attribute name="errors" type="xs:nonNegativeInteger" use="required"/>
            <xs:attribute name="skipped" type="xs:nonNegativeInteger"/>
            <xs:attribute name="time" type="xs:decimal"/>
          </xs:attributeGroup>
          <xs:complexType name="trouble">
            <xs:simpleContent><xs:extension base="xs:string">
              <xs:attribute name="message" type="xs:string"/><xs:attribute name="type" type="xs:string" use="required"/>
            </xs:extension></xs:simpleContent>
          </xs:complexType>
          <xs:element name="testcase"><xs:complexType>
            <xs:sequence>
              <xs:choice minOccurs="0">
                <xs:element name="skipped"><xs:complexType><xs:attribute name="message" type="xs:string"/></xs:complexType></xs:element>
                <xs:element name="error" type="trouble"/>
                <xs:element name="failure" type="trouble"/>
              </xs:choice>
              <xs:element name="system-out" type="xs:string" minOccurs="0"/>
              <xs:element name="system-err" type="xs:string" minOccurs="0"/>
            </xs:sequence>
            <xs:attribute name="name" type="xs:string" use="required"/>
            <xs:attribute name="classname" type="xs:string" use="required"/>
            <xs:attribute name="time" type="xs:decimal"/>
          </xs:complexType></xs:element>
          <xs:element name="testsuite"><xs:complexType>
            <xs:sequence><xs:element ref="testcase" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
            <xs:attributeGroup ref="counts"/>
            <xs:attribute name="id" type="xs:nonNegativeInteger"/>
            <xs:attribute name="timestamp" type="xs:dateTime"/>
          </xs:complexType></xs:element>
          <xs:element name="testsuites"><xs:complexType>
            <xs:sequence><xs:element ref="testsuite" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
            <xs:attributeGroup ref="counts"/>
          </xs:complexType></xs:element>
        </xs:schema>
        """;

    [Fact]
    public async Task Junit_has_a_suite_a_play_and_a_case_a_task_and_host_and_is_valid()
    {
        var run = await Runs.SmallAsync(fixture.Database);

        var xml = Valid(fixture.Cli("results", "export", $"{run.Job}", "--format", "junit").Output);

        Assert.Equal(["Deploy nova 4 1 1 0", "Check 2 0 0 1"], xml.Root!.Elements("testsuite").Select(suite =>
            string.Join(' ', new[] { "name", "tests", "failures", "errors", "skipped" }.Select(name => suite.Attribute(name)!.Value))));
        var cases = xml.Descendants("testcase").ToList();
        Assert.Equal("[node-0] Install", cases[2].Attribute("name")!.Value);
        Assert.StartsWith("no space left on \\x1b[31mdevice\\x07", cases[2].Element("failure")!.Attribute("message")!.Value, StringComparison.Ordinal);
        Assert.Equal("unreachable", cases[3].Element("error")!.Attribute("type")!.Value);
        Assert.NotNull(cases[4].Element("skipped"));
        Assert.Contains("a needle in stderr", cases[5].Element("system-out")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Junit_holds_whatever_stands_in_names_and_messages()
    {
        var evil = "<a>&\"']]>\u0000\u0001\u001b\ufffe " + "🙂";
        var run = await new RecordedRun().Play(evil.Replace("\0", "", StringComparison.Ordinal)).Task("t").Host("h", "failed", evil.Replace("\0", "", StringComparison.Ordinal), res: new JsonObject { ["stdout"] = evil }).WriteAsync(fixture.Database);

        var xml = Valid(fixture.Cli("results", "export", $"{run.Job}", "--format", "junit").Output);

        Assert.Contains("<a>&\"']]>\\x00\\x01\\x1b\ufffd 🙂", xml.Descendants("failure").Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ndjson_has_a_line_a_result_with_what_the_module_returned()
    {
        var run = await Runs.SmallAsync(fixture.Database);

        var lines = fixture.Cli("results", "export", $"{run.Job}").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(6, lines.Length);
        using var last = JsonDocument.Parse(lines[5]);
        Assert.Equal(("ignored", 1), (last.RootElement.GetProperty("status").GetString(), last.RootElement.GetProperty("res").GetProperty("rc").GetInt32()));
        using var first = JsonDocument.Parse(lines[0]);
        Assert.Equal("old\n", first.RootElement.GetProperty("diff").GetProperty("before").GetString());
    }

    [Fact]
    public async Task Text_reads_like_the_run()
    {
        var run = await Runs.SmallAsync(fixture.Database);

        Assert.Equal(
            """

            PLAY [Deploy nova]

            TASK [nova : Copy config]
            changed: [node-0]
            ok: [node-1]

            TASK [Install]
            failed: [node-0] no space left on \x1b[31mdevice\x07
            unreachable: [node-1] timed out

            PLAY [Check]

            TASK [nova : Check]
            skipped: [node-0]

            TASK [nova : Check]
            ignored: [node-0] non-zero return code
                stderr: a needle in stderr
                stderr: grüße, say "hi"

            """,
            fixture.Cli("results", "export", $"{run.Job}", "--format", "text").Output);
    }

    private static XDocument Valid(string text)
    {
        var schemas = new XmlSchemaSet();
        using var reader = XmlReader.Create(new StringReader(Schema));
        schemas.Add(null, reader);
        var document = XDocument.Parse(text);
        document.Validate(schemas, (_, e) => Assert.Fail($"{e.Message}\n{text}"));
        return document;
    }
}
