namespace Osism.Testing;

/// <summary>Where the checkout under test lies and what was built from it.</summary>
public static class Checkout
{
    /// <summary>The folder that holds <c>Osism.slnx</c>.</summary>
    public static string Root { get; } = Find();

    /// <summary>The program <c>osism</c> as <c>scripts/build</c> makes it.</summary>
    public static string Cli => Program("Osism.Cli", "osism");

    /// <summary>The program <c>osismd</c> as <c>scripts/build</c> makes it.</summary>
    public static string Daemon => Program("Osism.Daemon", "osismd");

    /// <summary>A path below <see cref="Root"/>.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    // The programs of the same configuration as the tests, so that a debug build tests a debug build.
    private static string Program(string project, string name) =>
        PathOf("artifacts", "bin", project, Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), name);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Osism.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Osism.slnx stands above {AppContext.BaseDirectory}");
    }
}
