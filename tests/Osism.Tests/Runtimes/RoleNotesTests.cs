using Osism.Daemon.Runtimes;
using Osism.Testing;

namespace Osism.Tests.Runtimes;

/// <summary><c>roles.yml</c> of a runtime.</summary>
public sealed class RoleNotesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_runtime_says_what_its_roles_are()
    {
        var (notes, faults) = Read("""
            reboot:
              environment: generic
              description: Reboots nodes
              hosts: generic
              danger: high
              scope: host
              confirm: true
            plain: {}
            """);

        Assert.Empty(faults);
        Assert.Equal(new RoleNote("Reboots nodes", "generic", "high", "host"), notes["reboot"]);
        Assert.Equal(new RoleNote(null, null, null, null), notes["plain"]);
    }

    [Theory]
    [InlineData("reboot:\n  dangre: high\n", "line 2: reboot has no field 'dangre'")]
    [InlineData("reboot:\n  danger: huge\n", "line 2: danger of reboot is 'huge': it must be none, low, high, destructive")]
    [InlineData("reboot:\n  scope: [host]\n  danger: 1\n", "line 3: danger of reboot is '1'")]
    [InlineData("reboot: high\n", "line 1: reboot is not a role with its fields")]
    [InlineData("- reboot\n", "it is not a mapping of roles")]
    [InlineData("reboot:\n  danger: [\n", "line 3: ")]
    public void A_typing_error_is_told_with_its_line_and_the_rest_counts(string text, string fault)
    {
        var (_, faults) = Read(text);

        Assert.StartsWith(fault, Assert.Single(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void A_runtime_without_the_file_says_nothing()
    {
        var faults = new List<string>();

        Assert.Empty(RoleNotes.Read(_folder["roles.yml"], faults.Add));
        Assert.Empty(faults);
    }

    [Fact]
    public void All_built_in_roles_are_described()
    {
        var faults = new List<string>();
        var notes = RoleNotes.Read(Checkout.PathOf("ansible", "osism-ansible", RoleNotes.File), faults.Add);

        Assert.Empty(faults);
        Assert.All(notes.Values, note => Assert.True(note is { Description.Length: > 0, Hosts.Length: > 0, Danger: not null, Scope: not null }, $"{note}"));
    }

    private (IReadOnlyDictionary<string, RoleNote> Notes, List<string> Faults) Read(string text)
    {
        File.WriteAllText(_folder["roles.yml"], text);
        var faults = new List<string>();
        return (RoleNotes.Read(_folder["roles.yml"], faults.Add), faults);
    }
}
