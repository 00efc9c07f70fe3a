using Osism.Contracts;
using Osism.Daemon.Configuration.Vault;
using Osism.Daemon.Platform;

namespace Osism.Tests.Configuration.Vault;

public sealed class RepositoryFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("osism-repository-").FullName;
    private readonly string _root;
    private readonly RepositoryFiles _files;

    public RepositoryFilesTests()
    {
        _root = Path.Combine(_folder, "configuration");
        Directory.CreateDirectory(Path.Combine(_root, "environments", "kolla"));
        Directory.CreateDirectory(Path.Combine(_folder, "configuration-other"));
        File.WriteAllText(Path.Combine(_folder, "configuration-other", "secret"), "outside");
        File.WriteAllText(Path.Combine(_folder, "secret"), "outside");
        File.WriteAllText(Path.Combine(_root, "environments", "secrets.yml"), "inside");
        _files = new RepositoryFiles(_root);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("environments/secrets.yml")]
    [InlineData("./environments/../environments//secrets.yml")]
    public async Task A_file_of_the_repository_is_read(string path) =>
        Assert.Equal("inside"u8.ToArray(), await _files.ReadAsync(path, TestContext.Current.CancellationToken));

    [Fact]
    public async Task An_absolute_path_within_the_repository_is_read() =>
        Assert.Equal("inside"u8.ToArray(), await _files.ReadAsync(Path.Combine(_root, "environments/secrets.yml"), TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("../secret")]
    [InlineData("../configuration-other/secret")]
    [InlineData("environments/../../secret")]
    [InlineData("/etc/passwd")]
    [InlineData("../missing")]
    [InlineData("..")]
    [InlineData(".")]
    public void A_path_that_leads_outside_is_denied_whether_something_is_there_or_not(string path) =>
        Assert.Equal(ErrorCodes.AccessDenied, Fails(path).Code);

    [Theory]
    [InlineData("environments/missing.yml")]
    [InlineData("missing/secrets.yml")]
    [InlineData("environments/secrets.yml/below")]
    public void A_missing_file_is_named(string path)
    {
        var thrown = Fails(path);

        Assert.Equal(ErrorCodes.FileMissing, thrown.Code);
        Assert.Contains(path, thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\0b")]
    [InlineData("environments")]
    public void What_names_no_file_is_refused(string path) => Assert.Equal(ErrorCodes.RequestInvalid, Fails(path).Code);

    [Fact]
    public async Task Links_are_followed_within_the_repository_and_denied_out_of_it()
    {
        Link("environments/kolla/inner.yml", "../secrets.yml");
        Link("environments/outer.yml", "../../secret");
        Link("environments/folder", "../..");
        Link("environments/dangling.yml", "nowhere.yml");

        Assert.Equal("inside"u8.ToArray(), await _files.ReadAsync("environments/kolla/inner.yml", TestContext.Current.CancellationToken));
        Assert.Equal(ErrorCodes.AccessDenied, Fails("environments/outer.yml").Code);
        Assert.Equal(ErrorCodes.AccessDenied, Fails("environments/folder/secret").Code);
        Assert.Equal(ErrorCodes.FileMissing, Fails("environments/dangling.yml").Code);
    }

    [Fact]
    public async Task The_repository_itself_may_be_a_link()
    {
        File.CreateSymbolicLink(Path.Combine(_folder, "link"), _root);
        var files = new RepositoryFiles(Path.Combine(_folder, "link"));

        Assert.Equal("inside"u8.ToArray(), await files.ReadAsync("environments/secrets.yml", TestContext.Current.CancellationToken));
        Assert.Equal(ErrorCodes.AccessDenied, Assert.Throws<OsismException>(() => files.Resolve("../secret")).Code);
    }

    [Fact]
    public void A_missing_repository_is_told_apart_from_a_missing_file() =>
        Assert.Equal(
            ErrorCodes.RepositoryMissing,
            Assert.Throws<OsismException>(() => new RepositoryFiles(Path.Combine(_folder, "none")).Resolve("environments/secrets.yml")).Code);

    [Fact]
    public async Task Replacing_a_file_keeps_its_mode_and_a_link_to_it()
    {
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherExecute;
        var file = Path.Combine(_root, "environments", "secrets.yml");
        File.SetUnixFileMode(file, Mode);
        Link("environments/kolla/secrets.yml", "../secrets.yml");

        await _files.ReplaceAsync("environments/kolla/secrets.yml", "changed"u8.ToArray(), TestContext.Current.CancellationToken);

        Assert.Equal("changed", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        Assert.Equal(Mode, File.GetUnixFileMode(file));
        Assert.NotNull(new FileInfo(Path.Combine(_root, "environments/kolla/secrets.yml")).LinkTarget);
        Assert.Equal(["kolla", "secrets.yml"], Directory.GetFileSystemEntries(Path.Combine(_root, "environments")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private OsismException Fails(string path) => Assert.Throws<OsismException>(() => _files.Resolve(path));

    private void Link(string path, string target) => File.CreateSymbolicLink(Path.Combine(_root, path), target);
}
